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
option-pppx = address of PPPX, given once or twice (first, second); wins over the ini
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
verb-boxes = Shows boxes and changes their state.
    .example = ngondo boxes list
verb-boxes-list = Lists boxes.
    .example = ngondo boxes list --state active
    .state = this state alone: registered, active, suspended, retired, stolen
    .limit = so many boxes at most
    .after = after this box
verb-boxes-show = Shows one box.
    .example = ngondo boxes show 0102030405060708090a0b0c0d0e0f10
    .box = id of the box, 32 hex digits
verb-boxes-find = Finds a box by what identifies it.
    .example = ngondo boxes find --imei 861821032479591
    .macaddr = whole MAC address
    .imei = whole IMEI
    .serial = whole serial number
    .last4 = last four digits of the IMEI or serial number
verb-boxes-activate = Activates a box, as an operator or with its activation code.
    .example = ngondo boxes activate 0102030405060708090a0b0c0d0e0f10 --until 2030-12-31
    .box = id of the box, 32 hex digits
    .code = activation code, 16 digits
    .until = last day of service
    .subscriber = name of the subscriber
    .msisdn = phone of the subscriber
verb-boxes-suspend = Suspends a box: from its next request on it may not surf.
    .example = ngondo boxes suspend 0102030405060708090a0b0c0d0e0f10 --reason unpaid
    .box = id of the box, 32 hex digits
    .reason = why, for the history
verb-boxes-resume = Gives a suspended box its service back.
    .example = ngondo boxes resume 0102030405060708090a0b0c0d0e0f10
    .box = id of the box, 32 hex digits
    .reason = why, for the history
verb-boxes-retire = Takes a box out of service.
    .example = ngondo boxes retire 0102030405060708090a0b0c0d0e0f10 --reason broken
    .box = id of the box, 32 hex digits
    .reason = why, for the history
verb-boxes-stolen = Declares a box stolen: refused everywhere.
    .example = ngondo boxes stolen 0102030405060708090a0b0c0d0e0f10 --reason complaint
    .box = id of the box, 32 hex digits
    .reason = why, for the history
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
verb-vouchers-find = Shows the state of a purchase code by its serial number.
    .example = ngondo vouchers find --serial 42
    .serial = serial number printed beside the code
verb-vouchers-stock = Counts the recharge codes by operator and value.
    .example = ngondo vouchers stock
verb-topup = Gives a purchase code and gets the recharge code of the SIM.
    .example = ngondo topup 1234567890123452
    .code = purchase code, 16 digits; spaces and dashes are ignored
    .request = id of the purchase, to ask for the same answer again
    .msisdn = number of the SIM to credit
    .iccid = number of the SIM card to credit
verb-reports = Reads the two REPORT databases.
    .example = ngondo reports compare
verb-reports-search = Searches recorded requests.
    .example = ngondo reports search --cmd AUTH --result REPLAYED
    .first = address of the first REPORT database
    .second = address of the second
    .ini = ini whose [report] gives both addresses
    .server = this server alone
    .cmd = this command alone
    .result = this result alone
    .box = this box alone
    .from = from this time on
    .to = until this time
    .limit = so many rows at most
verb-reports-compare = Compares the two REPORT databases, by server and minute.
    .example = ngondo reports compare --first sqlite:///var/report-1.db --second sqlite:///var/report-2.db
    .first = address of the first REPORT database
    .second = address of the second
    .ini = ini whose [report] gives both addresses
verb-reports-trace = Shows the way of one request, by its bridge.
    .example = ngondo reports trace 0192f0c1-2b3c-7d4e-8f50-123456789abc
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
verb-bench-report = Gathers what the benches wrote into one table, report.json and report.md.
    .example = ngondo bench report --dir target/bench
    .dir = folder where the benches wrote

## Command line

usage-unknown-argument = "{ $arg }" is not known here.
usage-unknown-verb = There is no verb "{ $verb }".
usage-missing = { $arg } is missing.
usage-missing-verb = The verb is missing.
usage-conflict = { $arg } does not go with { $other }.
usage-bad-value = { $arg }: "{ $value }" does not fit. { $cause }
usage-other = The command line does not fit. { $arg }
usage-suggest = Did you mean { $name }?
usage-hint = Nothing was done. Add --help to the verb for its arguments and an example.

## Common

asked-again = A request that was left without an answer is taken up under the same id: nothing is done twice.
no-runtime = The program could not start: { $cause }.
    .safe = Nothing was done.
    .next = Close other programs, then try again.
unreachable = { $addr } does not answer: { $cause }.
    .safe = Nothing was sent, nothing has changed.
    .next = Check that the server runs and its address (--pppx, or [pppx] in ngondo.ini), then try again.
answer-lost = The answer of { $addr } was lost: { $cause }.
    .safe = The request may have been done; sent again as it is, it will not be done twice.
    .next = Run the same command again.
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
inventory-good = { $file }: good, { $count } servers.
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
key-refuses = The key { $addr } does not say who it is: { $result }.
    .safe = Nothing was registered.
    .next = Unplug the key, plug it in again and try again.
key-keeps-old = The key { $addr } did not take its secret: { $result }.
    .safe = The box is registered; the request is kept and will go on from the same point.
    .next = Reset the key to its factory state, then run the same command again.
already-recorded = This key is registered already. { $device }
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
box-changed = Box { $device }: { $state }

## Top-ups

code-mistyped = This code is mistyped: its last digit does not fit the others.
    .safe = No server was asked; no try is counted.
    .next = Read the 16 digits again and try again.
import-checking = checking
import-importing = importing
import-line = line { $line }: { $result } { $reason }
import-lines = lines { $from } to { $to }: { $result } { $reason }
import-bad-lines = { $bad ->
        [one] { $bad } line is bad.
       *[other] { $bad } lines are bad.
    }
    .safe = Nothing was imported.
    .next = Correct the file, or add --valid-only to import the good lines.
import-bad-head = The first line of { $file } is not: operator,amount,currency,code,expires
    .safe = Nothing was imported.
    .next = Put these five names into the first line, with commas between them.
vouchers-imported = { $count ->
        [one] { $count } code imported.
       *[other] { $count } codes imported.
    }
voucher-sold = no. { $serial }  { $code }
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
reports-differ = The databases differ: { $first } and { $second } rows.
    .safe = Nothing has changed; what waits in the spools will get there.
    .next = Wait until the spools are empty and compare again.

## Simulators

bench-auth = { $authenticated } authentications in { $seconds } s: { $rate } a second, { $connections } connections, { $boxes } boxes
bench-latency = Latency in µs: half { $p50 }, 90 % { $p90 }, 99 % { $p99 }, 99.9 % { $p999 }, longest { $max }
bench-late = { $count ->
        [one] { $count } crypto was made after the clock had started.
       *[other] { $count } cryptos were made after the clock had started.
    }
bench-errors = { $count ->
        [one] { $count } request went wrong, so no rate is given.
       *[other] { $count } requests went wrong, so no rate is given.
    }
    .safe = The boxes that were registered for this stay, and do no harm.
    .next = Look for the cause: ngondo reports search --cmd AUTH
bench-broken = The load could not be made: { $cause }.
    .safe = The boxes that were registered for this stay, and do no harm.
    .next = Start again with fewer connections or boxes.
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
fleet-failed = { $count ->
        [one] { $count } authentication did not succeed.
       *[other] { $count } authentications did not succeed.
    }
    .safe = The simulated boxes changed nothing else.
    .next = Look for the cause: ngondo reports search --cmd AUTH

## The whole back office

up-ready = Ready in { $dir }. In another terminal: ngondo --config { $ini } boxes list. Ctrl-C stops.
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
    .next = Correct what the reason names.
result-UNAUTHENTICATED = Refused: UNAUTHENTICATED. The server does not know who asks.
    .safe = Nothing was done.
    .next = For now this request is taken from the server's own machine alone.
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

## Field names

field-amount = amount
field-box = box
field-code = code
field-created = registered
field-credit = credit
field-currency = currency
field-expired = expired
field-expires = expires
field-free = free
field-fw = firmware
field-given = given
field-iccid = SIM card
field-imei = IMEI
field-imsi = IMSI
field-label = label
field-macaddr = MAC address
field-model = model
field-msisdn = phone
field-open = open
field-operator = operator
field-reason = reason
field-redeemed_at = redeemed
field-serial = serial number
field-shop = shop
field-sold_at = sold
field-sold_by = sold by
field-state = state
field-subscriber = subscriber
field-until = until
