//! What reliability promises, in a few seconds each: `make chaos` keeps on for longer, with more.

use stack::chaos::short;

macro_rules! kept {
    ($(fn $name:ident $id:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            short($id).await;
        }
    )*};
}

kept! {
    fn no_client_sees_that_a_server_is_killed "R1";
    fn who_knows_both_pppx_sees_that_none_is_killed "R1-door";
    fn a_report_database_may_be_away "R2";
    fn what_was_answered_is_in_both_reports_after_a_power_cut "R3";
    fn a_torn_spool_opens_and_has_what_was_acknowledged "R4";
    fn a_full_disk_loses_nothing "R7";
    fn no_client_sees_a_rolling_restart "R8";
    fn bad_documents_get_an_answer "R9";
    fn slow_clients_hold_nobody_up "R10";
    fn five_times_the_load_leaves_most_of_the_goodput "R14";
    fn clocks_may_be_four_minutes_apart "R15-clocks";
    fn an_old_map_never_replaces_a_newer_one "R15-both";
    fn an_lb_that_ran_ahead_does_not_block_the_other "R15-epoch";
    fn all_modules_ask_in_the_same_second "R17";
    fn a_paused_server_is_left_and_comes_back "pause";
}
