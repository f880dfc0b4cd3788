# All that the tool says, in English. One key a text; `.safe`: what was not touched; `.next`: what to do.

## Help

help-usage = Usage:
help-verbs = Verbs
help-verb = VERB
help-arguments = Arguments
help-options = Options
help-general = General options
help-example = Example:
    {"  "}{ $example }
help-default = { $help } (default: { $value })

option-config = settings file; else ./ngondo.ini, ~/.config/ngondo/ngondo.ini, /etc/ngondo/ngondo.ini
option-pppx = address of PPPX, given once or twice (first, second), with its name before it where it is not that of the ini; wins over the ini
option-lang = language of the texts: fr or en; else the system's
option-json = writes JSON for a script instead of a text
option-help = shows this help
option-version = shows the version

tool = The tool of the N'gondo back office: all that the operator, the shop and the bench do.
    .example = ngondo demo --exit

verb-demo = Starts the whole back office in a fresh folder and shows each step with its time.
    .example = ngondo demo --exit
    .exit = stops after the last step; else stays open until Ctrl-C
    .dir = folder to use instead of a temporary one; it is kept
verb-up = Runs the whole back office on this machine, both twins of every server.
    .example = ngondo up --dir ./var
    .dir = folder of keys, databases and inis; what is missing is made
    .free-ports = takes free ports instead of the usual ones (8400 to 8414)
verb-keys = Makes and hands out the master keys.
    .example = ngondo keys init
verb-keys-init = Makes a master key file that you alone can read; never overwrites one.
    .example = ngondo keys init --file master.keys
    .file = file to write
verb-keys-list = Shows the keys of a file: their names, never their values.
    .example = ngondo keys list --file master.keys
    .file = master key file
verb-keys-export = Writes the file of derived keys that one role needs, and nothing more.
    .example = ngondo keys export --role SR --file sr.keys
    .role = role that will read the file: PPPX, LB, AAR, SR or TOPUP
    .file = file to write
    .master = master key file
verb-check-config = Tells all that is wrong in inis, at once, without starting anything.
    .example = ngondo check-config confs/aar.ini
    .files = inis to check; the role is that of its own [module] section
verb-migrate = Creates or updates the CRYPTO and REPORT databases.
    .example = ngondo migrate --registry sqlite:///var/lib/ngondo/registry.db
    .registry = address of the CRYPTO database
    .report = address of a REPORT database, given once or twice
    .ini = ini of a module: its [crypto] and [report] databases
verb-record = Records a 4G key linked to the bench: asks it, registers it, hands it its secret.
    .example = ngondo record --label stock-12
    .driver = way to speak to the key: ngondo
    .label = label of the box
    .key = address of the key; else [bench] key_addr and key_port of the ini
verb-boxes = Shows boxes and changes them, one or many.
    .example = ngondo boxes list
verb-boxes-list = Lists boxes.
    .example = ngondo boxes list --state active --group akwa
    .limit = so many boxes at most
    .after = after this box
verb-boxes-show = Shows one box.
    .example = ngondo boxes show 0102030405060708090a0b0c0d0e0f10
    .box = id of the box, 32 hex digits
verb-boxes-find = Finds a box by whatever is known of it.
    .example = ngondo boxes find 9591
    .any = any of what follows, or the beginning of the id
    .macaddr = whole MAC address
    .imei = whole IMEI
    .serial = whole serial number
    .iccid = whole number of the SIM card
    .msisdn = whole phone number of the subscriber
    .last4 = last four characters of an IMEI, serial number, SIM card, phone or MAC address
verb-boxes-import = Registers keys from a CSV, with a verdict per line.
    .example = ngondo boxes import keys.csv --out registered.csv
    .file = CSV whose first line names its columns: macaddr,imei,serial,imsi,iccid,model,fw,label,group,tags
    .check = says what would become of each line, and changes nothing
    .valid-only = imports the good lines even where there are bad ones
    .out = file for each line's verdict, box and activation code; you alone can read it
    .credentials = writes each box's secret into that file too
verb-boxes-export = Writes boxes into a CSV.
    .example = ngondo boxes export --group akwa --file akwa.csv
    .file = file to write; you alone can read it
verb-boxes-activate = Activates boxes, as an operator or one with its activation code.
    .example = ngondo boxes activate 0102030405060708090a0b0c0d0e0f10 --until 2030-12-31
    .code = activation code, 16 digits
    .until = last day of service
    .subscriber = name of the subscriber
    .msisdn = phone of the subscriber
verb-boxes-suspend = Suspends boxes: from their next request on they may not surf.
    .example = ngondo boxes suspend --tag quartier-nord --preview
    .reason = why, for the history
verb-boxes-resume = Gives suspended boxes their service back.
    .example = ngondo boxes resume 0102030405060708090a0b0c0d0e0f10
    .reason = why, for the history
verb-boxes-retire = Takes boxes out of service.
    .example = ngondo boxes retire 0102030405060708090a0b0c0d0e0f10 --reason broken
    .reason = why, for the history
verb-boxes-stolen = Declares boxes stolen: refused everywhere.
    .example = ngondo boxes stolen 0102030405060708090a0b0c0d0e0f10 --reason complaint
    .reason = why, for the history
verb-boxes-until = Sets the last day of service of boxes, or takes it away.
    .example = ngondo boxes until --group akwa --date 2030-12-31
    .date = last day of service; not a past one
    .endless = takes the end date away
    .reason = why, for the history
verb-boxes-tag = Gives boxes tags and a group, or takes them away.
    .example = ngondo boxes tag --from list.csv --add quartier-nord
    .add = tag to give; may stand several times
    .remove = tag to take away; may stand several times
    .into = group to put them into
    .ungroup = takes them out of their group
    .reason = why, for the history
verb-boxes-tags = Lists all groups and tags, with how many boxes have them.
    .example = ngondo boxes tags
verb-boxes-delete = Deletes boxes that are registered or retired, with their history.
    .example = ngondo boxes delete 0102030405060708090a0b0c0d0e0f10 --reason sold
    .reason = why, for the audit log
verb-boxes-replace = Lets another key take over customer, date and history of a broken box.
    .example = ngondo boxes replace 0102030405060708090a0b0c0d0e0f10 --by 1112131415161718191a1b1c1d1e1f20
    .box = id of the broken box, 32 hex digits
    .by = id of the box that follows: registered, not yet in service
    .reason = why, for the history
verb-boxes-rekey = Makes a new secret for a box and hands it to its key on the bench.
    .example = ngondo boxes rekey 0102030405060708090a0b0c0d0e0f10 --key 127.0.0.2:80
    .box = id of the box, 32 hex digits
    .reason = why, for the history
    .key = address of the key; else [bench] key_addr and key_port of the ini
verb-boxes-history = Shows what was done to a box, by whom and why.
    .example = ngondo boxes history 0102030405060708090a0b0c0d0e0f10
    .box = id of the box, 32 hex digits
    .limit = so many lines at most
    .after = after this line
verb-boxes-usage = Shows what a box used, day by day; or all boxes of a day.
    .example = ngondo boxes usage 0102030405060708090a0b0c0d0e0f10
    .box = id of the box, 32 hex digits
    .day = all boxes of this day
    .limit = so many lines at most
    .after = after this day or box
boxes-choice = Which boxes.
    .box = ids of boxes, 32 hex digits each
    .from = CSV of boxes, by box, imei, serial or macaddr; an export is one
    .state = this state alone: registered, active, suspended, retired, stolen
    .group = this group alone
    .tag = this tag alone; may stand several times
    .ends-by = those whose last day is this one or before
    .silent-days = those that were silent for so many days
    .preview = shows how many and the first ones, and changes nothing
verb-vouchers = Imports recharge codes and sells purchase codes.
    .example = ngondo vouchers stock
verb-vouchers-import = Imports recharge codes from a CSV, with a verdict per line.
    .example = ngondo vouchers import recharge.csv
    .file = CSV in UTF-8, first line: operator,amount,currency,code,expires
    .valid-only = imports the good lines even where there are bad ones
verb-vouchers-sell = Sells purchase codes and shows them.
    .example = ngondo vouchers sell --operator MTN --amount 5000
    .operator = operator of the SIM card
    .amount = value of the recharge
    .currency = currency, in three letters
    .count = number of codes
    .serial = serial number of the scratch card that is sold
    .shop = the shop that sells
    .expires = last day on which it can be used
verb-vouchers-find = Shows the state of a purchase code by its serial number.
    .example = ngondo vouchers find --serial 42
    .serial = serial number printed beside the code
verb-vouchers-stock = Counts the recharge codes by operator and value.
    .example = ngondo vouchers stock
    .shop = the stock of this shop
verb-vouchers-generate = Orders a batch of purchase codes.
    .example = ngondo vouchers generate --operator MTN --amount 5000 --count 1000
    .operator = operator of the SIM
    .amount = value of the recharge
    .currency = currency, three letters
    .count = how many codes, 100000 at most
    .expires = last day on which they can be used
    .label = name of the batch
verb-vouchers-batches = Lists batches and how they stand.
    .example = ngondo vouchers batches --state active
    .state = only those in this state: created, printed, active, frozen, closed
    .limit = so many batches at most
    .after = only those behind this number
verb-vouchers-print = Writes the print file of a batch, once, encrypted for the printer.
    .example = ngondo vouchers print --batch 3 --key printer.pem --file batch-3.ngp
    .batch = number of the batch
    .key = the printer's RSA public key, PEM
    .file = where to write the encrypted file
verb-vouchers-open = Opens a print file, at the printer's.
    .example = ngondo vouchers open batch-3.ngp --key printer.key --labels
    .file = the encrypted file
    .key = the printer's RSA private key, PEM (PKCS#8)
    .labels = writes labels in place of a CSV
verb-vouchers-activate = Lets the vouchers of a batch be sold and used.
    .example = ngondo vouchers activate --batch 3
    .batch = number of the batch
verb-vouchers-close = Closes a batch for ever; its codes disappear.
    .example = ngondo vouchers close --batch 3 --reason over
    .batch = number of the batch
    .reason = why, for the audit log
verb-vouchers-assign = Gives a range of vouchers to a shop, takes it back, or sets its limit a day.
    .example = ngondo vouchers assign --shop akwa-1 --first 1 --last 100 --limit 50000
    .shop = the shop that gets them
    .from = the shop that gives them back
    .first = first serial number
    .last = last serial number
    .limit = value that it may sell in one day
    .currency = currency of the limit
verb-vouchers-freeze = Freezes a batch or a range: nothing is sold or given for now.
    .example = ngondo vouchers freeze --first 1 --last 100 --reason theft
    .batch = number of the whole batch
    .first = first serial number
    .last = last serial number
    .reason = why, for the audit log
verb-vouchers-thaw = Thaws a batch or a range.
    .example = ngondo vouchers thaw --batch 3
    .batch = number of the whole batch
    .first = first serial number
    .last = last serial number
    .reason = why, for the audit log
verb-vouchers-void = Makes a range void for ever.
    .example = ngondo vouchers void --first 1 --last 100 --reason fire
    .first = first serial number
    .last = last serial number
    .reason = why, for the audit log
verb-vouchers-cancel = Cancels a sale of the last 30 minutes whose code was not used.
    .example = ngondo vouchers cancel --serial 42
    .serial = serial number of the voucher
    .shop = the shop that sold it
verb-vouchers-list = Lists vouchers by serial number.
    .example = ngondo vouchers list --shop akwa-1 --state created
    .shop = only those of this shop
    .state = only those in this state: created, sold, redeemed, frozen, void
    .batch = only those of this batch
    .limit = so many vouchers at most
    .after = only those behind this serial number
verb-vouchers-day = Adds up the sales of a day.
    .example = ngondo vouchers day --shop akwa-1
    .shop = only this shop
    .day = which day; today if not said
verb-vouchers-reconcile = Compares each voucher with the ledger, the stock and the money, and names each difference.
    .example = ngondo vouchers reconcile
verb-vouchers-to-verify = Lists recharges whose credit is in doubt, to be verified with the operator.
    .example = ngondo vouchers to-verify
    .limit = so many rows at most
    .after = only what follows, as the page before says
verb-vouchers-replace = Gives a new purchase code for one that did not do its work, once.
    .example = ngondo vouchers replace --serial 42 --reason illegible
    .serial = serial number of the voucher
    .reason = why, for the audit log
verb-vouchers-refund = Gives the money for a voucher back, once; its code is worth nothing from then on.
    .example = ngondo vouchers refund --serial 42 --reason returned
    .serial = serial number of the voucher
    .reason = why, for the audit log
verb-vouchers-refunds = Lists the replacements and refunds that wait for a second person.
    .example = ngondo vouchers refunds
    .all = those that are decided too
    .limit = at most so many
    .after = only those before this number
verb-vouchers-approve = Grants a replacement or refund that somebody else asked for.
    .example = ngondo vouchers approve 3
    .number = its number
    .reason = why, for the audit log
verb-vouchers-decline = Declines a replacement or refund.
    .example = ngondo vouchers decline 3 --reason unfounded
    .number = its number
    .reason = why, for the audit log
verb-topup = Gives a purchase code and gets the recharge code of the SIM.
    .example = ngondo topup 1234567890123452
    .code = purchase code, 16 digits; spaces and dashes are ignored
    .request = id of the purchase, to ask for the same answer again
    .msisdn = number of the SIM to credit
    .iccid = number of the SIM card to credit
verb-principals = Says who may ask for what, and makes their keys.
    .example = ngondo principals list
verb-principals-init = Begins a fleet: its root key, a principal for each instance, an operator with all rights; run again, it makes what is missing.
    .example = ngondo principals init --inventory inventory.ini --crypto sqlite:///var/registry.db --admin ada
    .inventory = inventory whose instances become principals
    .crypto = address of the CRYPTO database, which this verb opens itself
    .admin = name of the operator with all rights
    .root = file of the fleet's root keys: keep it away from every server
    .out = folder for the principals' files
verb-principals-add = Adds a principal, or gives it other rights, and writes its file.
    .example = ngondo principals add shop-12 --kind shop --right sell
    .name = its name
    .kind = module, operator, shop, app or developer
    .right = a right, once for each: record activate rekey topup sell print read support audit relay admin module:ROLE
    .inventory = inventory of the instances that it calls; else the two PPPX alone
    .root = file of the fleet's root keys
    .out = folder of the principals' files
verb-principals-list = Lists the principals, with their rights.
    .example = ngondo principals list --kind shop
    .kind = this kind alone
verb-principals-revoke = Takes everything from a principal, on all servers within a second.
    .example = ngondo principals revoke shop-12
    .name = its name
verb-principals-rotate = Gives a principal a new key; its old file counts no more. Takes a few seconds.
    .example = ngondo principals rotate shop-12
    .name = its name
    .root = file of the fleet's root keys, which grows by one
    .out = folder of the principals' files
verb-activity = Shows what goes on between whom, now, until Ctrl-C.
    .example = ngondo activity --cmd AUTH
    .from = requests of this principal alone
    .to = requests to this server alone
    .cmd = this command or noun/verb alone
    .result = this result alone
    .toki = this verdict on the toki alone: ok, none, legacy, or why it was refused
    .sample = shows one request in so many
    .count = ends after so many requests
    .color = colours: auto (in a terminal), always or never
verb-status = Shows every server, which twin serves and why, and how REPORT fares, until Ctrl-C.
    .example = ngondo status --once
    .once = shows it once and ends
    .every = seconds between two looks
verb-servers = Shows what the LBs say of each server, and takes servers out and in.
    .example = ngondo servers list
verb-servers-list = Lists the servers with state and weight.
    .example = ngondo servers list
verb-servers-drain = Sends new requests to the twin; what is under way is finished.
    .example = ngondo servers drain aar-1 --reason update
    .server = its name, such as aar-1
    .reason = why, for whoever asks later
    .force = also where nobody of its role would be left
verb-servers-maintenance = Takes a server out: the LBs no longer expect it to answer.
    .example = ngondo servers maintenance aar-1 --reason disk
    .server = its name, such as aar-1
    .reason = why, for whoever asks later
    .force = also where nobody of its role would be left
verb-servers-ready = Brings a server back that was taken out.
    .example = ngondo servers ready aar-1
    .server = its name, such as aar-1
    .reason = why, for whoever asks later
verb-servers-why = Explains the state and weight of a server, or of all, with the figures behind.
    .example = ngondo servers why aar-1
    .server = its name; without one, all
verb-servers-thaw = Ends a freeze of the map early: what the LBs see is as it is.
    .example = ngondo servers thaw
verb-alerts = Shows what somebody should look at.
    .example = ngondo alerts list
verb-alerts-list = Lists the alerts that nobody has acknowledged.
    .example = ngondo alerts list
    .all = those that are over too
    .limit = at most so many
    .after = only those before this number
verb-alerts-ack = Acknowledges an alert: you have seen it and look after it.
    .example = ngondo alerts ack 3
    .number = the number of the alert
verb-audit = Shows who changed what, and checks that nobody has edited it.
    .example = ngondo audit verify
verb-audit-list = Lists changes, newest first.
    .example = ngondo audit list --who ada --limit 20
    .who = only what this one did
    .verb = only this verb, such as boxes/suspend
    .subject = only what was done to this, such as voucher/17
    .from = from this moment on
    .to = before this moment
    .limit = at most so many
    .after = only those before this number
verb-audit-verify = Checks that no row of the audit log was changed, taken out, swapped or cut off.
    .example = ngondo audit verify
    .since = the mark of an earlier check, where you wrote it down; else the one of the last check from here
    .anew = forgets the last check from here: the back office was made anew
    .registry = address of a CRYPTO database to check without a back office, such as a backup
    .keys = its key file: master keys, or those of AAR
verb-reports = Reads the two REPORT databases.
    .example = ngondo reports compare
reports-choice = Which databases and rows.
    .first = address of the first REPORT database
    .second = address of the second
    .ini = ini whose [report] gives both addresses
    .server = this server alone
    .cmd = this command alone; WATERMARK shows the servers' signs of life
    .result = this result alone
    .box = this box alone
    .from = from this time on
    .to = until this time
verb-reports-search = Searches recorded requests.
    .example = ngondo reports search --cmd AUTH --result REPLAYED
    .limit = so many rows at most
verb-reports-tail = Shows recorded requests as they reach either database.
    .example = ngondo reports tail --cmd TOPUP
    .count = ends after so many
verb-reports-export = Writes recorded requests as CSV or NDJSON, each once, from both databases.
    .example = ngondo reports export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --file november.csv
    .format = csv for spreadsheets, ndjson for programs
    .file = the file, written whole or not at all; else standard output
verb-reports-compare = Compares the two REPORT databases, by server and minute.
    .example = ngondo reports compare --first sqlite:///var/report-1.db --second sqlite:///var/report-2.db
verb-reports-repair = Copies what one REPORT database lacks from the other; safe to repeat, and while servers run.
    .example = ngondo reports repair --ini pppx.ini
verb-reports-trace = Shows the way of one request, by its bridge, from both databases.
    .example = ngondo reports trace 0192f0c1-2b3c-7d4e-8f50-123456789abc
    .bridge = bridge of the request, as in the header ngondo-bridge
verb-reports-dead = Shows the rows that a database refused, in the spool of a server of this machine.
    .example = ngondo reports dead --ini /etc/ngondo/aar-1/aar.ini --retry
    .ini = ini of that server
    .retry = tries them again, in the database that lacks them
verb-trace = Shows the way of one request, by its bridge: the same as reports trace.
    .example = ngondo trace 0192f0c1-2b3c-7d4e-8f50-123456789abc --ini pppx.ini
    .bridge = bridge of the request, as in the header ngondo-bridge
    .first = address of the first REPORT database
    .second = address of the second
    .ini = ini whose [report] gives both addresses
verb-send = Sends a document as it is written and shows the status and the answer.
    .example = ngondo send auth.xml --to 127.0.0.1:8400
    .file = XML document; "-" reads standard input
    .to = server or key; else PPPX
verb-sim = Simulates what a machine without hardware lacks.
    .example = ngondo sim key
verb-sim-key = Simulates a 4G key of N'gondo: answers CRECORD, accepts PROVISION once.
    .example = ngondo sim key --listen 127.0.0.2:8080
    .listen = address to listen on
    .macaddr = its MAC address; else drawn from the seed
    .imei = its IMEI; else drawn from the seed
    .serial = its serial number; else drawn from the seed
    .imsi = subscriber number of its SIM
    .iccid = number of its SIM card
    .model = its model
    .fw = version of its software
    .rsa = gives an RSA public key, to receive its secret encrypted
    .cut-answers = cuts so many answers in a hundred
    .seed = seed of what is drawn, to run the same trial again
verb-sim-fleet = Simulates a fleet of boxes that authenticate.
    .example = ngondo sim fleet --boxes 1000 --spread 30
    .boxes = number of boxes to register and activate
    .credentials = file of box secrets, one JSON a line, instead of registering any
    .spread = seconds over which the boxes start
    .rounds = good authentications wanted of each box
    .patience = seconds after which a box gives up
    .within = seconds in which all must have succeeded; else it is a failure
    .seed = seed of what is drawn, on a back office that has not seen it; else another for each run
verb-bench = Measures, and shows what was measured.
    .example = ngondo bench auth --connections 64 --duration 10
verb-bench-auth = Lets registered boxes authenticate as fast as the back office answers, or at a given rate.
    .example = ngondo bench auth --connections 64 --duration 10 --boxes 1000 --rate 2000
    .connections = connections that are kept open
    .duration = seconds that are counted, after one to warm up
    .boxes = boxes that take turns; they are registered and activated first
    .rate = requests a second, whether or not the last ones are answered; else as fast as they are
    .seed = seed of what is drawn, on a back office that has not seen it; else another for each run
verb-bench-toki = Measures what a toki adds to one hop, in a back office of its own.
    .example = ngondo bench toki --out target/bench/toki-hop.json
    .out = file for ngondo bench report
verb-bench-pages = Times the pages of boxes and of vouchers with few and with many rows, on a back office of its own.
    .example = ngondo bench pages --boxes 100000
    .boxes = number of boxes at the end
    .dir = folder for what was measured, for bench report
    .vouchers = how many vouchers
verb-bench-storm = Lets a town's boxes come back at once and kills an AAR in the middle, on a back office of its own.
    .example = ngondo bench storm --boxes 10000
    .boxes = number of boxes, all due within ten seconds
    .dir = folder for what was measured, for bench report
verb-bench-overload = Asks slowed servers for five times what they can take, on a back office of its own.
    .example = ngondo bench overload --duration 10
    .duration = seconds that are counted, at the peak and above it
    .dir = folder for what was measured, for bench report
verb-bench-init = Times what LB answers to a module's start with many REPORT rows stored and with few; fills two databases of some 3 GB each in the temporary folder, and deletes them.
    .example = ngondo bench init --rows 10000000
    .rows = REPORT rows stored
    .dir = folder for what was measured, for bench report
verb-bench-report = Gathers what the benches wrote into one table, report.json and report.md.
    .example = ngondo bench report --dir target/bench
    .dir = folder where the benches wrote

## Command line

usage-unknown-argument = "{ $arg }" is not known here.
usage-unknown-verb = There is no verb "{ $verb }".
usage-missing = { $arg } is missing.
usage-missing-verb = The verb is missing.
usage-conflict = { $arg } does not go with { $other }.
usage-bad-value = { $arg }: "{ $value }" does not fit: { $cause }.
usage-missing-one = One of these is missing: { $args }.
usage-twice = { $arg } is given twice.
usage-one-of = choose one of { $values }
usage-range = it must be a whole number from { $min } to { $max }
usage-at-least = it must be a whole number, at least { $min }
usage-unfit = it is not of the form that is expected
usage-other = The command line does not fit. { $arg }
usage-suggest = Did you mean { $name }?
usage-hint = Nothing was done. Add --help to the verb for its arguments and an example.

## Common

asked-again = A request that was left without an answer is taken up under the same id: nothing is done twice.
no-runtime = The program could not start: { $cause }.
    .safe = Nothing was done.
    .next = Close other programs, then try again.
unreachable = No answer from { $addr }: { $cause }.
    .safe = Nothing was sent, nothing has changed.
    .next = Check that the server runs and that its address is right (--pppx or --to, else [pppx] in ngondo.ini), then try again.
answer-lost = The answer of { $addr } was lost: { $cause }.
    .safe = The request may have been done; sent again as it is, it will not be done twice.
    .next = Run the same command again.
bad-toki = The keys of { $file } cannot be used: { $cause }.
    .safe = Nothing was asked, nothing was changed.
    .next = Mend or replace the file, then run the same command again.
root-missing = { $file } is not there, and this fleet has principals already.
    .safe = Nothing was made: keys from new roots would shut out every program of the fleet.
    .next = Bring the fleet's file of roots and name it with --root.
roots-full = { $file } cannot take one more root.
    .safe = Nothing was changed.
    .next = Begin a new fleet with ngondo principals init and another --root.
crypto-unusable = The CRYPTO database { $url } cannot be used: { $cause }.
    .safe = No key was made.
    .next = Check --crypto; ngondo migrate --registry makes the database.
principal-name = { $name } cannot be the name of a principal.
    .safe = Nothing was made.
    .next = A name has 1 to 64 letters, digits and . _ -
principal-other = { $name } is there already, as another: { $kind }.
    .safe = It was left as it is.
    .next = Choose another name.
principal-revoked = { $name } was revoked.
    .safe = It was left as it is.
    .next = ngondo principals add lets it in again, with a new key.
principal-unknown = No principal has the name { $name }.
    .safe = Nothing was changed.
    .next = ngondo principals list shows all of them.
principal-bad = These rights are not for this kind: { $cause }.
    .safe = Nothing was asked, nothing was changed.
    .next = A module has --right module:ROLE alone; everybody else has the other rights.
principal-inventory = A module is called by others, and calls them.
    .safe = Nothing was asked, nothing was changed.
    .next = Name them with --inventory FILE.
principals-made-root = root keys made: { $file }
principals-made-row = principal added: { $name }
principals-made-file = file written: { $file }
principals-all-there = Everything was there already; nothing was changed.
principals-begun = The fleet has its keys. Take each NAME.toki to the machine of NAME, name { $file } in ngondo.ini under [toki] file, and keep { $root } away from every server.
principals-none = No principal is known.
principal-added = { $name } may: { $rights }, at every server within a second. Its file is { $file }: take it to its machine, mode 0600; it is as good as a password.
principal-revoked-now = { $name } may do nothing any more; every server knows within a second.
principal-rotated = { $name } has a new key, number { $number }: take { $file } to its machine. The old file counts no more.
state-good = good
state-revoked = revoked
activity-sessions = { $server }: open sessions: { $list }
activity-sample = { $server }: shows one request in { $n }
activity-dropped = { $server }: { $count ->
    [one] one request was not shown: there were too many
   *[other] { $count } requests were not shown: there were too many
}
activity-gone = { $server } is gone ({ $why }); it is tried again
activity-back = { $server } is back
activity-lost = The feed was lost; it is opened again.
toki-refused = { $addr } and this tool do not prove themselves to each other: { $cause }.
    .safe = No answer was used; if anything was done, the same command does not do it twice.
    .next = Check [toki] file in ngondo.ini, and the names of the PPPX in [pppx] or --pppx NAME@HOST:PORT.
strange-answer = { $addr } answered something else than the protocol (HTTP { $status }): { $cause }.
    .safe = Nothing was made of this answer.
    .next = Check that this address is that of a N'gondo server.
unreadable = { $file } cannot be read: { $cause }.
    .safe = Nothing was done.
    .next = Check the file's name, its rights and its content.
unwritable = { $file } cannot be written: { $cause }.
    .safe = What was written before is intact.
    .next = Check the folder's rights and the room on the disk, then try again.
unlistenable = Cannot listen on { $addr }: { $cause }.
    .safe = Nothing was started.
    .next = Choose another address, or stop what holds it.
config-unusable = The ini cannot be used:
    { $cause }
    .safe = Nothing was done.
    .next = Correct these lines; ngondo check-config checks them.

## Master keys, inis, databases

keys-made = { $file }: new master key { $id }. Keep a copy of it offline: without it nothing can be read any more.
keys-exist = { $file } is there already and was not touched.
    .safe = The keys in place are intact.
    .next = Give another name with --file. Overwriting keys would make the databases unreadable.
keys-current = { $id } (current)
keys-exported = { $file }: keys for { $role } ({ $keys }).
bad-keys = Keys: { $cause }.
    .safe = No key was changed.
    .next = Do what the line above says, then try again.
config-good = { $file }: good for { $role }. The service would start with:
config-line = {"  "}{ $value } (line { $line })
config-default = {"  "}{ $value } (default)
tool-good = { $file }: good. The tool would take:
inventory-good = { $file }: good, { $count ->
        [one] { $count } server
       *[other] { $count } servers
    }.
config-bad = { $count ->
        [one] { $count } ini is bad.
       *[other] { $count } inis are bad.
    }
    .safe = Nothing was started or changed.
    .next = Correct the lines above and check again.
migrated = { $url }: up to date.
migrate-nothing = No database is named.
    .safe = Nothing was done.
    .next = Give --registry, --report or --ini.
not-migrated = { $url } could not be updated: { $cause }.
    .safe = The database stayed as it was.
    .next = Check the address, the folder and its rights, then try again.

## Sending

send-status = { $addr }: HTTP { $status }

## Bench

key-nowhere = The address of the 4G key is not known.
    .safe = Nothing was done.
    .next = Give --key HOST:PORT, or [bench] key_addr and key_port in ngondo.ini.
key-unreachable = The key { $addr } does not answer.
    .safe = Nothing was registered.
    .next = Check that it is plugged in and that its address is right (--key, or [bench] key_addr and key_port in ngondo.ini), then run the same command again.
key-strange = What answers at { $addr } is not a N'gondo key.
    .safe = Nothing was registered.
    .next = Check the key's address (--key, or [bench] key_addr and key_port in ngondo.ini), then run the same command again.
key-refuses = The key { $addr } does not say who it is: { $result }.
    .safe = Nothing was registered.
    .next = Check that this is the key's address (--key); unplug it, plug it in again and try again.
key-keeps-old = The key { $addr } did not take its secret: { $result }.
    .safe = The box is registered; the request is kept and will go on from the same point.
    .next = Reset the key to its factory state, then run the same command again.
already-recorded = This key is registered already: box { $device }.
    .safe = Nothing has changed; its secret is given once only.
    .next = If the key lost its secret, the same box needs a new one (right rekey).
bad-credential = The box's secret cannot be read: { $cause }.
    .safe = The key received nothing.
    .next = Run the same command again; if it stays so, give this text to support.
no-private-key = The simulated private key could not be made: { $cause }.
    .safe = Nothing was started.
    .next = Run it without --rsa.
record-asked = [x] The key said who it is:
record-recorded = [x] Registered: box { $device }
record-provisioned = [x] The key received its secret
record-box = Box { $device }
record-activation = Activation code: { $code }
record-in-clear = Warning: the key has no public key, its secret went through this computer in the clear.
record-imei-luhn = Warning: the last digit of the IMEI is wrong; some keys have a wrong one.
record-incomplete = Warning: without IMEI and serial number, the key is hard to tell from another.

## Boxes

boxes-none = No box.
boxes-more = More: --after { $after }
box-history = History, newest first:
box-unknown = No box has the id { $device }.
    .safe = Nothing has changed.
    .next = Read the id again, or look for the box: ngondo boxes find --imei, --serial, --macaddr or --last4.
boxes-no-tags = No box has a group or a tag.
boxes-gathering = gathering boxes
boxes-changing = changing boxes
boxes-chosen = { $count ->
        [one] { $count } box is meant.
       *[other] { $count } boxes are meant.
    }
boxes-and-more = … and { $count } more.
boxes-refused = { $name }: { $result } ({ $why })
boxes-done = { $changed ->
        [one] { $changed } box changed
       *[other] { $changed } boxes changed
    }, { $unchanged } were so before.
boxes-exported = { $count ->
        [one] { $count } box
       *[other] { $count } boxes
    } in { $file }
boxes-checked = { $ok } good lines, { $already } of keys that are registered already.
boxes-imported = { $ok ->
        [one] { $ok } box registered
       *[other] { $ok } boxes registered
    }, { $already } were registered before.
box-unchanged = It was so before: nothing has changed.
box-replaced = Box { $device } is replaced by { $by }.
box-rekeyed = Box { $device }: its key has the new secret; the old one dies when the box authenticates next.
boxes-not-chosen = It does not say which boxes.
    .safe = Nothing has changed.
    .next = Give their ids, a file (--from), or a filter: --state, --group, --tag, --ends-by, --silent-days.
boxes-no-tag = It does not say which tag or group.
    .safe = Nothing has changed.
    .next = Add --add, --remove, --into or --ungroup.
boxes-of-one = A code, a subscriber and a phone belong to one box.
    .safe = Nothing has changed.
    .next = Name one box by its id, or leave --code, --subscriber and --msisdn out.
boxes-activate-names = A box is activated by its id or its MAC address.
    .safe = The boxes before this one are activated.
    .next = Put a column box into the file; ngondo boxes export writes one.
boxes-bad-line = Line { $line } names no box: { $cause }.
    .safe = Nothing has changed.
    .next = Correct the file, then run the same command again.
boxes-line-unnamed = box, imei, serial and macaddr are all missing
boxes-some-refused = { $count ->
        [one] { $count } box was refused.
       *[other] { $count } boxes were refused.
    }
    .safe = The others are done; a box that was refused is as it was.
    .next = See the reason of each above; the same command again does nothing twice.
boxes-lines-refused = { $count ->
        [one] { $count } line was refused.
       *[other] { $count } lines were refused.
    }
    .safe = A line that was refused changed nothing.
    .next = Correct those lines; the same file again registers no key twice.
box-changed = Box { $device }: { $state }

## Top-ups

code-mistyped = This code is mistyped: its last digit does not fit the others.
    .safe = No server was asked; no try is counted.
    .next = Read the 16 digits again and try again.
import-checking = checking
import-importing = importing
import-line = line { $line }
import-lines = lines { $from } to { $to }
import-verdict = { $place }: { $result }
import-verdict-why = { $place }: { $result } ({ $why })
import-not-done = good, but not imported
import-bad-lines = { $bad ->
        [one] { $bad } line is bad.
       *[other] { $bad } lines are bad.
    }
    .safe = Nothing was imported.
    .next = Correct the file, or add --valid-only to import the good lines.
import-already = { $count ->
        [one] { $count } code was in stock before.
       *[other] { $count } codes were in stock before.
    }
    .safe = Nothing was imported twice, and no other line was imported.
    .next = If the whole file was there before, there is nothing to do; else add --valid-only to import the other lines.
vouchers-imported = { $count ->
        [one] { $count } code imported.
       *[other] { $count } codes imported.
    }
voucher-unknown = No purchase code has the serial number { $serial }.
    .safe = Nothing has changed.
    .next = Read the serial number that is printed near the code again.
sell-out-of-stock = Refused: OUT_OF_STOCK. Too few recharge codes are free to sell this.
    .safe = Nothing was sold.
    .next = See what is left (ngondo vouchers stock), import codes (ngondo vouchers import), then run the same command again.
voucher-sold = no. { $serial }  { $code }
voucher-duplicata = DUPLICATA: these are the codes of the sale that was made.
batch-drawing = Drawing codes
report-filling = Filling the REPORT databases
batch-printed = { $count ->
    [one] { $count } code is
   *[other] { $count } codes are
 } in { $file }, encrypted for the printer. The file can be asked for again until the batch is active.
print-bad-key = { $file } is no RSA key of 2048 to 4096 bits in PEM.
    .safe = Nothing was sent.
    .next = The public key: openssl rsa -in printer.key -pubout -out printer.pem
print-not-opened = { $file } does not open with this key.
    .safe = Nothing was written.
    .next = Check that the file is whole, and that the key belongs to it.
vouchers-none = Nothing.
day-empty = No sale on { $day }.
day-total = { $day }: { $count ->
    [one] { $count } voucher
   *[other] { $count } vouchers
 }, { $money } { $currency }.
reconcile-balances = Everything adds up.
reconcile-differs = { $count ->
    [one] There is { $count } difference
   *[other] There are { $count } differences
 }, named above.
    .safe = Nothing was changed.
    .next = Keep this list; "ngondo audit list" says who did what.
stock-empty = The stock is empty.
topup-code = Recharge code: { $code }
topup-worth = { $operator } { $amount } { $currency }
topup-ussd = To dial on the SIM: { $ussd }
topup-expires = To be used until { $expires }

## Reports

reports-nowhere = The REPORT databases are not named.
    .safe = Nothing was read.
    .next = Give --first and --second, --ini, or [report] in ngondo.ini.
report-unreadable = { $url } cannot be read: { $cause }.
    .safe = Nothing has changed.
    .next = Check the address and the rights; ngondo migrate creates databases.
reports-none = No request.
reports-difference = { $server } { $minute }: { $first } in the first, { $second } in the second
reports-equal = Both databases are equal: { $rows } rows in each.
reports-empty = Both databases are empty.
    .safe = Nothing has changed.
    .next = Check that these are the right addresses.
reports-coming = Both databases are equal up to { $until }; rows of { $count ->
        [one] one server's minute
       *[other] { $count } minutes of servers
    } are on their way.
reports-differ = The databases differ by rows that do not come by themselves: { $first } and { $second } rows.
    .safe = Nothing has changed; neither database has lost what the other has.
    .next = Run ngondo reports repair with the same addresses, then compare again.
reports-filled = { $server } { $minute }: { $first } into the first, { $second } into the second
reports-repaired = { $first } rows added to the first database, { $second } to the second; { $coming } minutes left, for their rows may be on their way.
reports-left = A row could not be copied into { $url }: { $cause }
reports-some-left = Rows that could not be copied: { $count }.
    .safe = They are where they were; all others were copied.
    .next = Look at what was said of each, mend the database, and repair again.
reports-exported = { $count ->
        [one] { $count } row
       *[other] { $count } rows
    } in { $file }.
reports-some-unreadable = Rows left out, for a value is not of its form: { $count }.
    .safe = All others were written; nothing in the databases has changed.
    .next = Somebody wrote into the database by hand, or a newer version did: look with the newest ngondo.
tail-begun = Waiting for new rows. Ctrl-C ends it.
tail-odd = Rows left out, from the future or with a value that is not of its form: { $count }. Check the clocks.
tail-lost = No database can be read: { $cause } It is tried again.
trace-answered = { $time }  { $server } took { $cmd } from { $who } and answered { $result } ({ $ms } ms)
trace-passed = { $time }  { $server } took { $cmd } from { $who } and passed it on: { $upstream } answered { $result } ({ $ms } ms, { $tries ->
        [one] 1 try
       *[other] { $tries } tries
    })
trace-first-alone = { "    " }in the first database alone
trace-second-alone = { "    " }in the second database alone
dead-none = No dead letters.
dead-some = { $count ->
        [one] 1 row was put aside.
       *[other] { $count } rows were put aside.
    } They stay in the spool until --retry gets them into the database.
dead-shipped = { $count ->
        [one] 1 row stands in its database now.
       *[other] { $count } rows stand in their databases now.
    }
dead-again = { $lane } { $seq } is refused again: { $cause }
dead-left = Rows that stay aside: { $count }.
    .safe = They stay in the spool; the other rows are shipped as always.
    .next = Look at what was said of each: mend the database, or install the newer version, then --retry again.
dead-unusable = The dead letters cannot be read or tried again: { $cause }
    .safe = Nothing is lost: what was not moved is where it was.
    .next = Check [module] state in the ini, the rights of your user, and that the databases are there.

## Simulators

bench-auth = { $authenticated } authentications in { $seconds } s: { $rate } a second, { $connections } connections, { $boxes } boxes
bench-toki = A toki adds { $added } µs of processor time to one hop, both ends together: { $ours } µs with it, { $reference } µs without; by the clock { $clock } µs
bench-latency = Latency in µs: half { $p50 }, 90 % { $p90 }, 99 % { $p99 }, 99.9 % { $p999 }, longest { $max }
bench-late = { $count ->
        [one] { $count } crypto was made after the clock had started.
       *[other] { $count } cryptos were made after the clock had started.
    }
bench-storm = The same servers take { $rate } a second. Let in, second by second: { $curve }. { $rows } rows in each REPORT
bench-errors = { $count ->
        [one] { $count } request went wrong, so no rate is given.
       *[other] { $count } requests went wrong, so no rate is given.
    }
    .safe = The boxes that were registered for this stay, and do no harm.
    .next = Look for the cause: ngondo reports search --cmd AUTH
bench-broken = The load could not be made: { $cause }.
    .safe = The boxes that were registered for this stay, and do no harm.
    .next = Start again with fewer connections or boxes.
bench-stopped = It stopped at “{ $step }”: { $cause }
    .safe = It ran on a back office of its own, which is gone.
    .next = Start again when the machine has less to do.
bench-unusable = The measurements in { $file } cannot be read or written: { $cause }.
    .safe = The measurements themselves are untouched.
    .next = Measure first: make bench
bench-no-ratio = A measurement had an error, so its ratio is not given.
    .safe = The other rows of the table stand.
    .next = Look for the error, then start again: make bench

sim-key-listens = The simulated key answers on { $addr }. Ctrl-C stops it.
fleet-enrolling = registering
fleet-authenticating = authenticating
fleet-summary = { $authenticated } authenticated, { $refused } refused, { $failed } given up; { $attempts } sent in { $ms } ms
fleet-times = The last was in after { $last } s. Times in ms: half { $p50 }, 99 % { $p99 }, longest { $longest }
fleet-sends = At most { $most } requests by one box. Told when to come back: { $told }; not told: { $nothing }; without an answer: { $unanswered }
fleet-late = The last box was in after { $seconds } s, not within { $within } s.
    .safe = All boxes are in.
    .next = Look where the time went: ngondo reports search --cmd AUTH
fleet-failed = { $count ->
        [one] { $count } authentication did not succeed.
       *[other] { $count } authentications did not succeed.
    }
    .safe = The simulated boxes changed nothing else.
    .next = Look for the cause: ngondo reports search --cmd AUTH

## The whole back office

up-ready =
    Ready in { $dir }.
    In another terminal: ngondo --config { $ini } boxes list
    Ctrl-C stops everything.
up-draining = Stopping: requests in work are finished.
up-stopped = Stopped.
no-free-port = There are not enough free ports: { $cause }.
    .safe = Nothing was started.
    .next = Stop other programs, then try again.
dir-name = The name of the folder { $dir } cannot be used.
    .safe = Nothing was done.
    .next = Take a folder whose name has no space, "?" or "#".
server-not-started = { $instance } did not start: { $cause }
    .safe = The other servers are stopped.
    .next = Correct what the line above says; a port in use is often a back office that still runs.
no-binary = { $file } could not be started: { $cause }.
    .safe = Nothing was left open.
    .next = Build everything: cargo build, or make demo.

## Demonstration

demo-laid = Folder { $dir }: keys, databases, inis
demo-started = { $count } servers ready
demo-stranger = Somebody without a key may not look: { $result }.
demo-asked = CRECORD: the simulated key says who it is ({ $macaddr })
demo-recorded = CRECORD: registered, box { $device }
demo-provisioned = PROVISION: the key has its secret
demo-activated = ACTIVATE: the box is active
demo-auth = AUTH: OK, proven on both sides, good for { $lease } s
demo-auth-forged = AUTH under another key: { $result }
demo-imported = { $count } recharge codes imported
demo-sold = Sold: purchase code { $code }
demo-topped-up = TOPUP: recharge code { $code }, to dial { $ussd }
demo-topped-up-again = The same TOPUP again: the same answer
demo-rows = { $requests } requests: { $first } and { $second } rows, one a server in each REPORT
demo-equal = Both REPORT are equal: { $rows } rows
demo-interrupted = Demonstration interrupted.
    .safe = All that it had started is stopped.
    .next = Run it again when you like.
demo-stopped = All is stopped
demo-passed = All steps passed.
demo-unexpected = { $what } should have given { $wanted } and gave { $got }.
    .safe = All that the demonstration started is stopped.
    .next = Run it again with --dir to keep the servers' logs and read them.

## Refusals of the back office

result-ALREADY_RECORDED = Refused: ALREADY_RECORDED. This key is registered already.
    .safe = Nothing has changed.
    .next = Find it: ngondo boxes find.
result-MAC_NOT_UNIQUE = Refused: MAC_NOT_UNIQUE. The MAC address does not tell this key from others.
    .safe = Nothing has changed.
    .next = Give the IMEI and serial number too, or the box's id.
result-NOT_ACTIVATED = Refused: NOT_ACTIVATED. The box is not activated.
    .safe = Nothing has changed.
    .next = Activate it: ngondo boxes activate.
result-SUSPENDED = Refused: SUSPENDED. The box is suspended.
    .safe = Nothing has changed.
    .next = Give it its service back: ngondo boxes resume.
result-EXPIRED = Refused: EXPIRED. The box's end date is past.
    .safe = Nothing has changed.
    .next = Give it another date: ngondo boxes activate --until.
result-RETIRED = Refused: RETIRED. The box is out of service.
    .safe = Nothing has changed.
    .next = An administrator may put it back as suspended.
result-STOLEN = Refused: STOLEN. The box is declared stolen.
    .safe = Nothing has changed.
    .next = An administrator may lift this, with a reason.
result-BAD_CRYPTO = Refused: BAD_CRYPTO. The box's proof does not hold, or the box is unknown.
    .safe = Nothing has changed.
    .next = Check which box signed, and its secret.
result-STALE = Refused: STALE. The box's time is more than 300 s from the server's.
    .safe = Nothing was kept.
    .next = Set the clocks.
result-REPLAYED = Refused: REPLAYED. This request was made before.
    .safe = Nothing was done anew.
    .next = The box must ask with a higher counter.
result-CODE_UNKNOWN = Refused: CODE_UNKNOWN. There is no such code, or the box is unknown.
    .safe = Nothing has changed.
    .next = Read the code again; too many tries have to wait.
result-CODE_USED = Refused: CODE_USED. This purchase code was used already.
    .safe = Nothing was given a second time.
    .next = Look it up by its number: ngondo vouchers find --serial.
result-CODE_VOID = Refused: CODE_VOID. This code was made void.
    .safe = Nothing was given.
    .next = Send the customer to the shop that sold it.
result-CODE_EXPIRED = Refused: CODE_EXPIRED. This code is past its date.
    .safe = Nothing was given.
    .next = Send the customer to the shop that sold it.
result-OUT_OF_STOCK = Refused: OUT_OF_STOCK. No recharge code is left for what is asked.
    .safe = Nothing is lost: a sold code stays open and will be honoured.
    .next = Import codes (ngondo vouchers import), then run the same command again.
result-MALFORMED = Refused: MALFORMED. The request is not of the protocol's form.
    .safe = Nothing was done.
    .next = Correct what the detail names, then try again.
result-UNAUTHENTICATED = Refused: UNAUTHENTICATED. The server does not know who asks.
    .safe = Nothing was done.
    .next = Name the file of your principal in ngondo.ini: [toki] file; an operator makes it with ngondo principals add.
result-FORBIDDEN = Refused: FORBIDDEN. This request is not allowed.
    .safe = Nothing was done.
    .next = Ask somebody who has the right.
result-SLOW_DOWN = Refused: SLOW_DOWN. Too many tries: wait { $wait } s.
    .safe = Nothing was done.
    .next = Wait, then run the same command again.
result-BUSY = Refused: BUSY. The servers are busy, or none answers. Ask again in { $wait } s.
    .safe = Nothing was done twice; the request is kept.
    .next = Wait, then run the same command again.
result-TIMEOUT = Refused: TIMEOUT. No answer in time.
    .safe = Sent again as it is, the request will not be done twice.
    .next = Run the same command again.
result-FAILED = Refused: FAILED. The server had an internal fault.
    .safe = Sent again as it is, the request will not be done twice.
    .next = Run it again; if it stays so, look for the bridge in the server's log.

## Causes

at-line = { $file }:{ $line }: { $fault }
at-file = { $file }: { $fault }
cause-detail = { $raw }
cause-line = line { $line } is bad
cause-not-found = there is no such file or folder ({ $raw })
cause-denied = access is not permitted ({ $raw })
cause-exists = it exists already ({ $raw })
cause-in-use = another program has this address already ({ $raw })
cause-no-addr = the address is not this machine's, or none is free any more ({ $raw })
cause-refused = the connection is refused ({ $raw })
cause-cut = the connection was cut ({ $raw })
cause-no-way = the network does not lead there ({ $raw })
cause-timed-out = it took too long ({ $raw })
cause-full = the disk is full ({ $raw })
cause-read-only = the disk is read-only ({ $raw })
cause-folder = it is a folder ({ $raw })
cause-no-folder = it is not a folder ({ $raw })
cause-not-text = it is not text in UTF-8 ({ $raw })
cause-no-server = no server is named
cause-unreachable = the connection is refused or does not come about
cause-lost = the connection was cut before the answer was whole
cause-timeout = it took too long
cause-no-key = your toki file has no key for { $name }
cause-unproven = nothing proves that the answer is that server's
toki-malformed = it does not understand this toki (malformed)
toki-unknown-key = it knows no key of this number: the file is of another fleet, or it was not yet given the new keys (unknown-key)
toki-unknown-session = it forgets each session at once: it restarts again and again (unknown-session)
toki-stale = the clock of this machine or of the server jumps (stale)
toki-replayed = it has seen this request's number already (replayed)
toki-bad-seal = the keys of your file are not those that it has: the file is of another fleet, or something on the way changes requests (bad-seal)
toki-bad-chain = another program uses your session: somebody may have copied your keys (bad-chain)
toki-wrong-audience = the server there has another name (wrong-audience)
base-engine = this tool knows sqlite:///FILE addresses alone
base-open = it does not exist or does not open ({ $raw })
base-no-schema = it has no tables yet: run ngondo migrate
base-older = it lacks an update: run ngondo migrate ({ $raw })
base-newer = a newer version wrote it: use that one ({ $raw })
base-migrate = its update failed ({ $raw })
base-query = a query failed ({ $raw })
base-timeout = it does not answer in time ({ $raw })
base-value = a value in it is damaged ({ $raw })
start-ini = its ini is bad: { $raw }
start-listen = it cannot listen on { $addr }, which [{ $section }] listen names: { $cause }.
start-keys = its keys do not do ({ $raw }).
start-spool = its spool in { $folder } does not open: { $cause }.
start-database = one of its databases does not do ({ $raw }).
start-stopped = it was stopped before it was ready.
start-log = its log ends with "{ $line }".
spool-in-use = another program uses it, no doubt this same server, which runs already
spool-not-one = this file is not a spool ({ $raw })
spool-foreign = it is that of { $owner }; give each server its own [module] state
secret-missing = { $file } does not exist; make it: { $cure }
secret-exposed = { $file } can be read by others than its owner; run: chmod 600 { $file }
secret-unreadable = { $file } must be a text file of the user that runs this program: { $cause }
key-file-empty = the file holds no key; make one: ngondo keys init
key-file-master = the line is not of the form "ID KEY [current]"; restore the file from its backup
key-file-derived = the line is not of the form "PURPOSE ID KEY [current]"; make the file again: ngondo keys export --role ROLE
key-file-purpose = there is no such purpose: wrap, recharge, vault, index, pepper or client
key-file-id = the key's id is not 8 hex digits; restore the file from its backup
key-file-key = the key is not 64 hex digits; restore the file from its backup
key-file-mark = only the word "current" may follow the key; remove what stands there
key-file-repeated = this id is in the file already; remove one of the two lines
key-file-two-current = a second key is marked "current"; leave the mark on one line
key-file-no-current = none of the keys is marked "current"; put the mark on the newest
toki-file-empty = the file holds no key; make it again: ngondo principals add
toki-file-form = the line is not one of this kind of file; make it again: ngondo principals add
toki-file-name = the name has other characters than A-Z a-z 0-9 . _ -, or too many
toki-file-number = the key's number is not a number from 1
toki-file-mark = only the word "current" may follow the key; remove what stands there
toki-file-other = from this line on the file is somebody else's: two files were put together
toki-file-current = of several keys exactly one must be marked "current"

## Ini

warning-older = the service would start from the older { $file }, for the ini does not parse: { $problems }
warning-by-hand = an address was changed by hand since the map of epoch { $epoch } came: say "pin = 1" in its section, or the next newer map replaces it
fault-unreadable = cannot be read: { $cause }
fault-not-utf8 = not UTF-8: save the file as UTF-8
fault-empty = the file is empty
fault-syntax = not a line of an ini: { $cause }
fault-outside = "{ $key }" stands before the first [section]
fault-section-twice = [{ $section }] stands in line { $line } already: put its keys there
fault-key-twice = [{ $section }] { $key } stands in line { $line } already: remove one
fault-section = there is no section [{ $section }]
fault-section-near = there is no section [{ $section }]; did you mean [{ $nearest }]?
fault-key = there is no key "{ $key }" in [{ $section }]
fault-key-near = there is no key "{ $key }" in [{ $section }]; did you mean "{ $nearest }"?
fault-missing = [{ $section }] { $key } is missing: { $expected }
fault-tail = [{ $section }] { $key }: put the comment on a line of its own, for ";" and "#" belong to the value here
fault-value = [{ $section }] { $key } must be { $expected }
fault-value-why = [{ $section }] { $key } must be { $expected }: { $why }
fault-role = [module] role is { $found }, but this program is { $expected }: start it with the ini of its own role
fault-no-role = [module] role is missing or is no role: say PPPX, LB, AAR, SR or TOPUP
fault-insecure = [module] listen is open to other machines and there is no TLS: listen on 127.0.0.1, or say "insecure = yes" in [tls] where the network is private
fault-no-addr = [module] addr is missing: the service listens on every address, so say HOST:PORT where others reach it
fault-vpn = [crypto] { $place } is not an address within the "vpn" { $vpn }: CRYPTO may be reached over that network alone
fault-second-sqlite = [crypto] second must stay empty with SQLite: both twins share the file in first; two machines need PostgreSQL
fault-place = [{ $section }] has the place of [{ $other }]: one instance is first, one second, all others none
fault-addr = [{ $section }] has the address of [{ $other }]
kind-app = a name of 1 to 64 of A-Z a-z 0-9 . _ -
kind-instance = a name of 1 to 32 of A-Z a-z 0-9 . _ -
kind-role = a role: PPPX, LB, AAR, SR, TOPUP, GATEWAY or CONSOLE
kind-listed-role = a role: PPPX, LB, AAR, SR, TOPUP or GATEWAY
kind-listen = an IP address and a port, such as 127.0.0.1:8402
kind-peer = HOST:PORT, such as 10.0.0.2:8402
kind-database = sqlite:///FILE or postgres://HOST:PORT/NAME, without credentials
kind-ip = an IP address such as 192.168.8.1
kind-network = a network such as 10.9.0.0/24
kind-path = a file or folder
kind-seconds = whole seconds, { $min } to { $max }
kind-millis = whole milliseconds, { $min } to { $max }
kind-count = a whole number, { $min } to { $max }
kind-flag = yes or no
kind-word = one of { $words }
kind-zone = a time zone such as Africa/Douala
kind-epoch = a whole number
kind-time = a moment such as 2026-11-20T08:00:00.000Z
kind-weight = a number from 0.1 to 10
kind-digest = 64 hex digits
kind-principal = a principal's name: 1 to 64 of A-Z a-z 0-9 . _ -
kind-routes = verbs that only read, such as boxes/list servers/list
kind-dial = what to dial, such as *126*{"{"}code{"}"}#: of 0-9 * #, and {"{"}code{"}"} once
kind-code-form = a length such as 14 or 12-16, from 4 to 32, then, if not all, the digits: 14 1-9

## Forms

form-length = it must have { $wanted } characters and has { $found }
form-lengths = it must have { $min } to { $max } characters and has { $found }
form-character = its character { $at } is not allowed
rule-url = it must begin with sqlite:/// or postgres://
rule-colon = the colon is missing
rule-port-missing = the port is missing (HOST:PORT)
rule-space = there is white space around it
rule-credentials = a name or password has no place in it
rule-group = it is a group address
rule-zeros = it is all zeros
rule-number = it is not a whole number
rule-json = it is not a JSON object
rule-uuid = it is not a UUID
rule-pem = it is not a certificate in PEM
rule-day = it is not a day of the calendar (YYYY-MM-DD)
rule-decimal = it is not a decimal number of at most three decimals
rule-result = it is not a result
rule-right = it is not a right (record activate rekey topup sell print read support audit relay admin module:ROLE)
rule-kind = it is not a kind (module, operator, shop, app, developer)
rule-module-right = a module has one right, module:ROLE
rule-module-alone = a right module:ROLE is for modules alone
rule-role = it is not a role (PPPX, LB, AAR, SR or TOPUP)
rule-server-state = it is not a state of a server
rule-socket = it is not an IP address, a colon and a port
rule-network = it is not an IP address, a slash and the prefix's length
rule-integer = it is not an integer of 64 bits
rule-base64 = it is not base64url without padding
rule-rulings = it must be what operators said of servers, as one LB tells the other
rule-weight = it must be within 0.1 and 10
rule-no-database = it names no database
rule-prefix = the address has bits behind the prefix
rule-absolute = the file must be a whole path, such as /var/lib/ngondo/report-1.db
rule-host = its host is not a name or an address
rule-client = its kind is not address, msisdn or box
rule-port = its port is not 1 to 65535
syntax-reader = the reader and the editor see other values; write this part in a simpler way
syntax-control = it holds a control character
syntax-backslash = it ends in a backslash
syntax-unclosed = the section's name is not closed by "]"
syntax-behind = nothing may follow the section's "]"
syntax-no-name = the section has no name
syntax-line = it is no [section], no "key = value" and no comment
syntax-no-key = there is no key before the "="

## Reasons of servers

detail = {"  "}Detail: { $why }
reason-state = the box is { $state }
reason-field = { $field }: { $cause }
reason-detail = { $raw }
reason-no-toki = no toki came with it
reason-revoked = this principal was revoked
reason-no-principal = no principal has this name
reason-newer-key = this principal was given a newer key; the file in use counts no more
reason-rights-unknown = nobody's rights are known yet: no AAR has answered
reason-right = it takes one of these rights: { $rights }
reason-missing = it is missing
reason-not-text = it is not a text
reason-not-flag = it is not true or false
reason-zero = it is zero
reason-over = the day is over
reason-in-stock = it was in stock before
reason-not-done = not done yet; run the same command again
reason-no-box = there is no such box
reason-no-voucher = there is no such voucher
reason-batch-created = it is neither printed nor active
reason-batch-printed = it is printed and not active yet
reason-active = it is active
reason-frozen = it is frozen
reason-closed = it is closed
reason-unsold = it is not sold
reason-sold = it is sold
reason-redeemed = it was used
reason-is-void = it is void
reason-not-yours = it is not yours
reason-no-batch = no batch has this number
reason-unfinished = not all its codes are drawn yet: run "vouchers generate" again
reason-printed = it was printed before
reason-not-for-sale = this card is not for sale here now
reason-limit = more than its limit of the day
reason-too-late = it was sold more than 30 minutes ago
reason-operator = it has no line in [operators] of topup.ini
reason-counter = the counter has no range of its own
reason-not-known = it is not known
reason-used = it was used before
reason-void = it was made void
reason-past = it is past its date
reason-mistyped = a digit is wrong
reason-earlier = an earlier line has the same key
reason-tags-full = the box has as many tags as it can have
reason-not-unique = it does not tell this key from others; give its IMEI
reason-serial-differs = this IMEI is registered with another one
reason-key-retired = this key is out of service
reason-key-stolen = this key is declared stolen
reason-missing-imei = it is missing, and the IMEI too
reason-wait = too many wrong ones, wait
reason-other-sale = it sold something else before
reason-other-verb = it is known with another verb
reason-unrecorded = the request could not be recorded; run the same command again

## Field names

field-changed = changed
field-changed_by = by
field-name = name
field-number = number
field-rights = rights
field-amount = amount
field-batch = batch
field-cancelled = cancelled
field-count = ordered
field-frozen = frozen
field-generated = generated
field-left = left
field-from = from
field-limit = limit a day
field-made = drawn
field-money = money
field-redeemed = redeemed
field-refunded = refunded
field-sold = sold
field-unsold = unsold
field-void = void
field-vouchers = vouchers
field-auths = authentications
field-box = box
field-boxes = boxes
field-code = code
field-created = registered
field-credit = credit
field-currency = currency
field-day = day
field-expired = expired
field-expires = expires
field-first = first
field-free = free
field-fw = firmware
field-given = given
field-good = good ones
field-group = group
field-iccid = SIM card
field-imei = IMEI
field-imsi = IMSI
field-kind = kind
field-label = label
field-macaddr = MAC address
field-model = model
field-msisdn = phone
field-online_s = seconds online
field-open = open
field-pubkey = public key
field-operator = operator
field-reason = reason
field-redeemed_at = redeemed
field-rekey = new secret
field-replaced_by = replaced by
field-replaces = replaces
field-serial = serial number
field-shop = shop
field-sold_at = sold
field-sold_by = sold by
field-state = state
field-subscriber = subscriber
field-tag = tag
field-tags = tags
field-until = until
field-asked_by = asked by
field-last = last seen
field-subject = about
field-time = time
field-times = times
field-verb = verb
field-what = what
field-who = who
field-addr = address
field-behind_first = REPORT 1 behind, s
field-behind_second = REPORT 2 behind, s
field-cpu_permille = CPU ‰
field-epoch = map
field-errors = errors
field-first_for = first for
field-heard_s = heard, s ago
field-inflight = in work
field-instance = server
field-last_beat = last INIT
field-listed_weight = weight in the inventory
field-place = place
field-queue_us = waited, µs
field-rate = requests/s
field-role = role
field-rows = rows
field-score = weight by the rows
field-serves = serves
field-service_us = work, µs
field-since = since
field-util = load
field-weight = weight
field-why = why

## Alerts and audit

alerts-none = No alert.
alert-acked = Alert { $number }: acknowledged.
alert-unknown = There is no alert { $number }.
    .safe = Nothing has changed.
    .next = ngondo alerts list shows their numbers.
alert-before = Somebody has acknowledged alert { $number } before you.
    .safe = Nothing has changed.
    .next = ngondo alerts list --all shows who; ask him before you act.
alert-stock-low = { $free } recharge codes left to sell, fewer than { $low }: buy more
alert-wrong-codes = { $wrong } wrong codes among { $all } in the last hour: somebody may be guessing
alert-crowd = more than { $limit } wrong codes in one minute: somebody is guessing
alert-identity = a key claims to be this box
alert-counter = the box's counter jumped: it may have been copied
alert-places = the box authenticates from two places: it may have been copied
audit-none = No change.
audit-whole = { $rows ->
        [0] The audit log is empty.
        [one] The audit log is whole: { $rows } row.
       *[other] The audit log is whole: { $rows } rows.
    }
audit-since = It still contains row { $number } as it was at the last check.
audit-mark = To prove it later, write down: { $mark }
audit-broken = The audit log is not whole: { $cause }.
    .safe = Rows before that place are as they were written.
    .next = Keep a copy of the database, look for the change in the backups and in REPORT (each row has its bridge), and find out who can write into the database.
audit-changed = row { $number } was changed, or the one before it
audit-missing = row { $number } is missing
audit-cut = rows from { $number } on were cut off
audit-behind = row { $number } was added without the key
audit-head = its end was not sealed with the key of this back office
audit-rewritten = Row { $number } is not the one that was there at the last check.
    .safe = The log is chained, but it is another one than before: an old copy was put back, or the back office was made anew.
    .next = If you restored a backup or made the back office anew: ngondo audit verify --anew. If not, keep a copy of the database and find out who can write into it.
audit-unreadable = { $url } cannot be read: { $cause }.
    .safe = Nothing has changed.
    .next = Check the address and the rights.

## Replacement and refund

refund-asked = Refund { $number }: this amount needs a second person.
    To decide: ngondo vouchers approve { $number }, or decline { $number }
refund-replaced = Replaced: give the customer serial number { $serial }, code { $code }
refund-used = Replaced before by serial number { $serial }, which was used since.
refund-paid = Give the customer { $amount } { $currency } back; the code is worth nothing from now on.
refund-approved = Refund { $number }: granted. Whoever asked gets the code by asking again.
refund-declined = Refund { $number }: declined.
refunds-none = No refund.
reason-second = another person has to decide
reason-credited = the network has credited it
reason-replacement = it was given for another one
reason-meanwhile = it was redeemed since somebody asked
reason-no-number = no such number

## CSV

csv-no-file = { $file } is no plain file.
    .safe = Nothing was done.
    .next = Save the sheet as a CSV file and give its name.
csv-empty = { $file } is empty.
    .safe = Nothing was done.
    .next = Put the names of the columns into the first line, then a line for each row.
csv-too-many-lines = { $file } has more than { $most } lines.
    .safe = Nothing was done.
    .next = Cut it into several files, each with the first line, and give them one after the other.
csv-bad-head = The first line of { $file } does not fit: { $cause }.
    .safe = Nothing was done.
    .next = These columns are known, in any order: { $names }
csv-head-unknown = the column "{ $name }" is not known
csv-head-twice = the column "{ $name }" is there twice
csv-head-missing = the column "{ $name }" is missing
csv-too-long = the line is too long
csv-not-text = the line is no text in the file's encoding
csv-quote = a quote is not closed
csv-columns = the line has more cells than the first one
csv-formula = it is a formula

## Servers and status

server-ruled = { $server }: { $state }. Callers follow with their next INIT, within half a minute.
server-unknown = No server { $server } is in the inventory.
    .safe = Nothing has changed.
    .next = ngondo servers list shows their names.
server-last = { $server } is the last of its role that serves: its twin is out, dead, or there is none.
    .safe = Nothing has changed.
    .next = Bring the twin back first (ngondo servers ready), or say --force.
server-thawed = The freeze has ended, on both LBs: what they see is published now.
server-not-frozen = The map was not frozen; nothing has changed.
status-head = { $lb }, map { $epoch }, { $time }
status-agree = Both LBs publish the same.
status-alone = The other LB has not been heard yet.
status-differ = The LBs do not agree since { $since }: { $what }
status-frozen = The map is FROZEN until { $until } at the latest: { $why } (since { $since }). ngondo servers thaw ends it.
status-database = REPORT { $place }: { $url }, read { $ago } s ago
status-unread = REPORT { $place }: { $url }, not read yet
status-problem = REPORT { $place }: { $url } CANNOT BE READ: { $cause }
status-unlisted = Rows of servers that the inventory does not list are set aside: { $servers }
status-future = Rows from the future are set aside; look at the clocks of: { $servers }
why-frozen = { $why }; not believed, the map is frozen
why-silent = silent for { $seconds } s
why-heard = heard { $seconds } s ago
why-role = all of { $role } seem dead
why-ruled = { $who } said so
why-probes = does not answer probes
why-flaps = comes and goes
why-callers = its callers complain
why-never = never heard
why-itself = this LB
why-many = more than two servers seem to have died together
why-reports = neither REPORT database can be read
