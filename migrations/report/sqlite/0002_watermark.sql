-- Watermarks: rows that no request made (cmd WATERMARK). Each server writes one every few seconds, behind whatever
-- it had recorded: where it stands, so does all that came before it. Found and swept by this index alone.
create index report_watermark on report (server, at) where cmd = 'WATERMARK';
