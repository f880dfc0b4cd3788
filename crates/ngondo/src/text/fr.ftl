# Tout ce que dit l'outil, en français. Une clé par texte ; `.safe` : ce qui n'a pas été touché ; `.next` : que faire.

## Aide

help-usage = Utilisation :
help-verbs = Verbes{" "}
help-verb = VERBE
help-arguments = Arguments{" "}
help-options = Options{" "}
help-general = Options générales{" "}
help-example = Exemple :
    {"  "}{ $example }
help-default = { $help } (par défaut : { $value })

option-config = fichier de réglages ; sinon ./ngondo.ini, ~/.config/ngondo/ngondo.ini, /etc/ngondo/ngondo.ini
option-pppx = adresse de PPPX, donnée une ou deux fois (premier, second), précédée de son nom s'il n'est pas celui de l'ini ; l'emporte sur l'ini
option-lang = langue des textes : fr ou en ; sinon celle du système
option-json = écrit du JSON pour un script au lieu d'un texte
option-help = montre cette aide
option-version = montre la version

tool = L'outil du back office N'gondo : tout ce que font l'opérateur, la boutique et le banc.
    .example = ngondo demo --exit

verb-demo = Démarre tout le back office dans un dossier neuf et montre chaque étape avec son temps.
    .example = ngondo demo --exit
    .exit = s'arrête après la dernière étape ; sinon reste ouvert jusqu'à Ctrl-C
    .dir = dossier à employer au lieu d'un dossier temporaire ; il est gardé
verb-up = Fait tourner tout le back office sur cette machine, les deux jumeaux de chaque serveur.
    .example = ngondo up --dir ./var
    .dir = dossier des clés, des bases et des ini ; ce qui manque est fait
    .free-ports = prend des ports libres au lieu des ports usuels (8400 à 8414)
verb-keys = Fait et répartit les clés maîtresses.
    .example = ngondo keys init
verb-keys-init = Fait un fichier de clés maîtresses, lisible de vous seul ; n'en écrase jamais un.
    .example = ngondo keys init --file master.keys
    .file = fichier à écrire
verb-keys-list = Montre les clés d'un fichier : leurs noms, jamais leurs valeurs.
    .example = ngondo keys list --file master.keys
    .file = fichier des clés maîtresses
verb-keys-export = Écrit le fichier des clés dérivées dont un rôle a besoin, et rien de plus.
    .example = ngondo keys export --role SR --file sr.keys
    .role = rôle qui lira le fichier : PPPX, LB, AAR, SR ou TOPUP
    .file = fichier à écrire
    .master = fichier des clés maîtresses
verb-check-config = Dit tout ce qui est faux dans des ini, en une fois, sans rien démarrer.
    .example = ngondo check-config confs/aar.ini
    .files = ini à vérifier ; le rôle est celui de sa section [module]
verb-migrate = Crée ou met à jour les bases CRYPTO et REPORT.
    .example = ngondo migrate --registry sqlite:///var/lib/ngondo/registry.db
    .registry = adresse de la base CRYPTO
    .report = adresse d'une base REPORT, donnée une ou deux fois
    .ini = ini d'un module : ses bases [crypto] et [report]
verb-record = Enregistre une clé 4G reliée au banc : la questionne, l'inscrit, lui remet son secret.
    .example = ngondo record --label stock-12
    .driver = façon de parler à la clé : ngondo
    .label = étiquette de la box
    .key = adresse de la clé ; sinon [bench] key_addr et key_port de l'ini
verb-boxes = Montre les box et les change, une ou beaucoup.
    .example = ngondo boxes list
verb-boxes-list = Énumère les box.
    .example = ngondo boxes list --state active --group akwa
    .limit = au plus tant de box
    .after = après cette box
verb-boxes-show = Montre une box.
    .example = ngondo boxes show 0102030405060708090a0b0c0d0e0f10
    .box = identifiant de la box, 32 chiffres hexadécimaux
verb-boxes-find = Cherche une box par tout ce qu'on en sait.
    .example = ngondo boxes find 9591
    .any = n'importe lequel de ce qui suit, ou le début de l'identifiant
    .macaddr = adresse MAC entière
    .imei = IMEI entier
    .serial = numéro de série entier
    .iccid = numéro entier de la carte SIM
    .msisdn = téléphone entier de l'abonné
    .last4 = quatre derniers caractères d'un IMEI, numéro de série, carte SIM, téléphone ou adresse MAC
verb-boxes-import = Enregistre les clés d'un CSV, avec un verdict par ligne.
    .example = ngondo boxes import cles.csv --out enregistrees.csv
    .file = CSV dont la première ligne nomme les colonnes : macaddr,imei,serial,imsi,iccid,model,fw,label,group,tags
    .check = dit ce que deviendrait chaque ligne et ne change rien
    .valid-only = importe les bonnes lignes même s'il y en a de mauvaises
    .out = fichier du verdict, de la box et du code d'activation de chaque ligne ; vous seul pouvez le lire
    .credentials = écrit aussi le secret de chaque box dans ce fichier
verb-boxes-export = Écrit des box dans un CSV.
    .example = ngondo boxes export --group akwa --file akwa.csv
    .file = fichier à écrire ; vous seul pouvez le lire
verb-boxes-activate = Active des box, comme opérateur ou une avec son code d'activation.
    .example = ngondo boxes activate 0102030405060708090a0b0c0d0e0f10 --until 2030-12-31
    .code = code d'activation, 16 chiffres
    .until = dernier jour de service
    .subscriber = nom de l'abonné
    .msisdn = téléphone de l'abonné
verb-boxes-suspend = Suspend des box : elles ne surfent plus dès leur prochaine demande.
    .example = ngondo boxes suspend --tag quartier-nord --preview
    .reason = pourquoi, pour l'historique
verb-boxes-resume = Rend le service à des box suspendues.
    .example = ngondo boxes resume 0102030405060708090a0b0c0d0e0f10
    .reason = pourquoi, pour l'historique
verb-boxes-retire = Retire des box du service.
    .example = ngondo boxes retire 0102030405060708090a0b0c0d0e0f10 --reason cassée
    .reason = pourquoi, pour l'historique
verb-boxes-stolen = Déclare des box volées : refusées partout.
    .example = ngondo boxes stolen 0102030405060708090a0b0c0d0e0f10 --reason plainte
    .reason = pourquoi, pour l'historique
verb-boxes-until = Donne à des box leur dernier jour de service, ou l'enlève.
    .example = ngondo boxes until --group akwa --date 2030-12-31
    .date = dernier jour de service ; pas un jour passé
    .endless = enlève la date de fin
    .reason = pourquoi, pour l'historique
verb-boxes-tag = Donne à des box des étiquettes et un groupe, ou les enlève.
    .example = ngondo boxes tag --from liste.csv --add quartier-nord
    .add = étiquette à donner ; peut se répéter
    .remove = étiquette à enlever ; peut se répéter
    .into = groupe où les mettre
    .ungroup = les sort de leur groupe
    .reason = pourquoi, pour l'historique
verb-boxes-tags = Énumère groupes et étiquettes, avec le nombre de leurs box.
    .example = ngondo boxes tags
verb-boxes-delete = Efface des box enregistrées ou retirées, avec leur historique.
    .example = ngondo boxes delete 0102030405060708090a0b0c0d0e0f10 --reason vendue
    .reason = pourquoi, pour le journal d'audit
verb-boxes-replace = Fait reprendre par une autre clé le client, la date et l'historique d'une box cassée.
    .example = ngondo boxes replace 0102030405060708090a0b0c0d0e0f10 --by 1112131415161718191a1b1c1d1e1f20
    .box = identifiant de la box cassée, 32 chiffres hexadécimaux
    .by = identifiant de la box qui suit : enregistrée, pas encore en service
    .reason = pourquoi, pour l'historique
verb-boxes-rekey = Fait un nouveau secret pour une box et le remet à sa clé sur le banc.
    .example = ngondo boxes rekey 0102030405060708090a0b0c0d0e0f10 --key 127.0.0.2:80
    .box = identifiant de la box, 32 chiffres hexadécimaux
    .reason = pourquoi, pour l'historique
    .key = adresse de la clé ; sinon [bench] key_addr et key_port de l'ini
verb-boxes-history = Montre ce qui a été fait à une box, par qui et pourquoi.
    .example = ngondo boxes history 0102030405060708090a0b0c0d0e0f10
    .box = identifiant de la box, 32 chiffres hexadécimaux
    .limit = au plus tant de lignes
    .after = après cette ligne
verb-boxes-usage = Montre l'usage d'une box, jour par jour ; ou de toutes les box d'un jour.
    .example = ngondo boxes usage 0102030405060708090a0b0c0d0e0f10
    .box = identifiant de la box, 32 chiffres hexadécimaux
    .day = toutes les box de ce jour
    .limit = au plus tant de lignes
    .after = après ce jour ou cette box
boxes-choice = Quelles box.
    .box = identifiants de box, 32 chiffres hexadécimaux chacun
    .from = CSV de box, par box, imei, serial ou macaddr ; un export en est un
    .state = seulement cet état : registered, active, suspended, retired, stolen
    .group = seulement ce groupe
    .tag = seulement cette étiquette ; peut se répéter
    .ends-by = celles dont le dernier jour est celui-ci ou avant
    .silent-days = celles qui se taisent depuis tant de jours
    .preview = montre combien et les premières, et ne change rien
verb-vouchers = Importe les codes de recharge et vend les codes d'achat.
    .example = ngondo vouchers stock
verb-vouchers-import = Importe des codes de recharge d'un CSV, avec un verdict par ligne.
    .example = ngondo vouchers import recharge.csv
    .file = CSV en UTF-8, première ligne : operator,amount,currency,code,expires
    .valid-only = importe les bonnes lignes même s'il y en a de mauvaises
verb-vouchers-sell = Vend des codes d'achat et les montre.
    .example = ngondo vouchers sell --operator MTN --amount 5000
    .operator = opérateur de la carte SIM
    .amount = valeur de la recharge
    .currency = monnaie, en trois lettres
    .count = nombre de codes
    .serial = numéro de série de la carte à gratter vendue
    .shop = la boutique qui vend
    .expires = dernier jour pour s'en servir
verb-vouchers-find = Montre l'état d'un code d'achat par son numéro de série.
    .example = ngondo vouchers find --serial 42
    .serial = numéro de série imprimé près du code
verb-vouchers-stock = Compte les codes de recharge par opérateur et par valeur.
    .example = ngondo vouchers stock
    .shop = le stock de cette boutique
verb-vouchers-generate = Commande un lot de codes d'achat.
    .example = ngondo vouchers generate --operator MTN --amount 5000 --count 1000
    .operator = opérateur de la carte SIM
    .amount = valeur de la recharge
    .currency = monnaie, en trois lettres
    .count = combien de codes, 100000 au plus
    .expires = dernier jour pour s'en servir
    .label = nom du lot
verb-vouchers-batches = Énumère les lots et leur état.
    .example = ngondo vouchers batches --state active
    .state = seulement ceux dans cet état : created, printed, active, frozen, closed
    .limit = au plus tant de lots
    .after = seulement ceux d'après ce numéro
verb-vouchers-print = Écrit le fichier d'impression d'un lot, une seule fois, chiffré pour l'imprimeur.
    .example = ngondo vouchers print --batch 3 --key imprimeur.pem --file lot-3.ngp
    .batch = numéro du lot
    .key = clé publique RSA de l'imprimeur, en PEM
    .file = où écrire le fichier chiffré
verb-vouchers-open = Ouvre un fichier d'impression, chez l'imprimeur.
    .example = ngondo vouchers open lot-3.ngp --key imprimeur.key --labels
    .file = le fichier chiffré
    .key = clé privée RSA de l'imprimeur, en PEM (PKCS#8)
    .labels = écrit des étiquettes au lieu d'un CSV
verb-vouchers-activate = Permet de vendre et d'utiliser les bons d'un lot.
    .example = ngondo vouchers activate --batch 3
    .batch = numéro du lot
verb-vouchers-close = Ferme un lot pour toujours ; ses codes disparaissent.
    .example = ngondo vouchers close --batch 3 --reason fini
    .batch = numéro du lot
    .reason = pourquoi, pour le journal d'audit
verb-vouchers-assign = Donne une série de bons à une boutique, la reprend, ou fixe son plafond du jour.
    .example = ngondo vouchers assign --shop akwa-1 --first 1 --last 100 --limit 50000
    .shop = la boutique qui les reçoit
    .from = la boutique qui les rend
    .first = premier numéro de série
    .last = dernier numéro de série
    .limit = valeur qu'elle peut vendre en un jour
    .currency = monnaie du plafond
verb-vouchers-freeze = Gèle un lot ou une série : rien n'est vendu ni donné pour l'instant.
    .example = ngondo vouchers freeze --first 1 --last 100 --reason vol
    .batch = numéro du lot entier
    .first = premier numéro de série
    .last = dernier numéro de série
    .reason = pourquoi, pour le journal d'audit
verb-vouchers-thaw = Dégèle un lot ou une série.
    .example = ngondo vouchers thaw --batch 3
    .batch = numéro du lot entier
    .first = premier numéro de série
    .last = dernier numéro de série
    .reason = pourquoi, pour le journal d'audit
verb-vouchers-void = Annule une série pour toujours.
    .example = ngondo vouchers void --first 1 --last 100 --reason incendie
    .first = premier numéro de série
    .last = dernier numéro de série
    .reason = pourquoi, pour le journal d'audit
verb-vouchers-cancel = Annule une vente de moins de 30 minutes dont le code n'a pas servi.
    .example = ngondo vouchers cancel --serial 42
    .serial = numéro de série du bon
    .shop = la boutique qui l'a vendu
verb-vouchers-list = Énumère les bons par leur numéro de série.
    .example = ngondo vouchers list --shop akwa-1 --state created
    .shop = seulement ceux de cette boutique
    .state = seulement ceux dans cet état : created, sold, redeemed, frozen, void
    .batch = seulement ceux de ce lot
    .limit = au plus tant de bons
    .after = seulement ceux d'après ce numéro de série
verb-vouchers-day = Additionne les ventes d'un jour.
    .example = ngondo vouchers day --shop akwa-1
    .shop = seulement cette boutique
    .day = quel jour ; aujourd'hui sinon
verb-vouchers-reconcile = Compare chaque bon avec le grand livre, le stock et l'argent, et nomme chaque écart.
    .example = ngondo vouchers reconcile
verb-vouchers-to-verify = Énumère les recharges dont le crédit est douteux, à vérifier chez l'opérateur.
    .example = ngondo vouchers to-verify
    .limit = au plus tant de lignes
    .after = seulement ce qui suit, comme la page d'avant le dit
verb-vouchers-replace = Donne un nouveau code d'achat pour un autre qui n'a pas servi, une seule fois.
    .example = ngondo vouchers replace --serial 42 --reason illisible
    .serial = numéro de série du bon
    .reason = pourquoi, pour le journal d'audit
verb-vouchers-refund = Rend l'argent d'un bon, une seule fois ; son code ne vaut plus rien.
    .example = ngondo vouchers refund --serial 42 --reason rendu
    .serial = numéro de série du bon
    .reason = pourquoi, pour le journal d'audit
verb-vouchers-refunds = Énumère les remplacements et remboursements qui attendent une seconde personne.
    .example = ngondo vouchers refunds
    .all = aussi ceux qui sont décidés
    .limit = au plus tant de lignes
    .after = seulement ceux d'avant ce numéro
verb-vouchers-approve = Accorde un remplacement ou un remboursement que quelqu'un d'autre a demandé.
    .example = ngondo vouchers approve 3
    .number = son numéro
    .reason = pourquoi, pour le journal d'audit
verb-vouchers-decline = Refuse un remplacement ou un remboursement.
    .example = ngondo vouchers decline 3 --reason infondé
    .number = son numéro
    .reason = pourquoi, pour le journal d'audit
verb-topup = Donne un code d'achat et reçoit le code de recharge de la SIM.
    .example = ngondo topup 1234567890123452
    .code = code d'achat, 16 chiffres ; espaces et tirets sont ignorés
    .request = identifiant de l'achat, pour redemander la même réponse
    .msisdn = numéro de la SIM à créditer
    .iccid = numéro de la carte SIM à créditer
verb-principals = Dit qui peut demander quoi, et fait leurs clés.
    .example = ngondo principals list
verb-principals-init = Commence une flotte : sa clé racine, un principal par instance, un opérateur qui a tous les droits ; relancé, il fait ce qui manque.
    .example = ngondo principals init --inventory inventory.ini --crypto sqlite:///var/registry.db --admin ada
    .inventory = inventaire dont les instances deviennent des principaux
    .crypto = adresse de la base CRYPTO, que ce verbe ouvre lui-même
    .admin = nom de l'opérateur qui a tous les droits
    .root = fichier des clés racines de la flotte : gardez-le loin de tout serveur
    .out = dossier des fichiers des principaux
verb-principals-add = Ajoute un principal, ou lui donne d'autres droits, et écrit son fichier.
    .example = ngondo principals add boutique-12 --kind shop --right sell
    .name = son nom
    .kind = module, operator, shop, app ou developer
    .right = un droit, une fois pour chacun : record activate rekey topup sell print read support audit relay admin module:RÔLE
    .inventory = inventaire des instances qu'il appelle ; sinon les deux PPPX seuls
    .root = fichier des clés racines de la flotte
    .out = dossier des fichiers des principaux
verb-principals-list = Liste les principaux, avec leurs droits.
    .example = ngondo principals list --kind shop
    .kind = cette sorte seule
verb-principals-revoke = Retire tout à un principal, sur tous les serveurs en une seconde.
    .example = ngondo principals revoke boutique-12
    .name = son nom
verb-principals-rotate = Donne une nouvelle clé à un principal ; son ancien fichier ne vaut plus rien. Prend quelques secondes.
    .example = ngondo principals rotate boutique-12
    .name = son nom
    .root = fichier des clés racines de la flotte, qui en reçoit une de plus
    .out = dossier des fichiers des principaux
verb-activity = Montre ce qui se passe entre qui et qui, maintenant, jusqu'à Ctrl-C.
    .example = ngondo activity --cmd AUTH
    .from = les demandes de ce principal seul
    .to = les demandes à ce serveur seul
    .cmd = cette commande ou ce nom/verbe seul
    .result = ce résultat seul
    .toki = ce verdict sur le toki seul : ok, none, legacy, ou pourquoi il fut refusé
    .sample = montre une demande sur tant
    .count = finit après tant de demandes
    .color = couleurs : auto (dans un terminal), always (toujours) ou never (jamais)
verb-status = Montre chaque serveur, quel jumeau sert et pourquoi, et l'état de REPORT, jusqu'à Ctrl-C.
    .example = ngondo status --once
    .once = le montre une fois et s'arrête
    .every = secondes entre deux regards
verb-servers = Montre ce que les LB disent de chaque serveur, et en retire ou en remet.
    .example = ngondo servers list
verb-servers-list = Énumère les serveurs avec leur état et leur poids.
    .example = ngondo servers list
verb-servers-drain = Envoie les nouvelles demandes au jumeau ; celles en cours se terminent.
    .example = ngondo servers drain aar-1 --reason update
    .server = son nom, comme aar-1
    .reason = pourquoi, pour qui le demandera plus tard
    .force = même s'il ne reste personne de son rôle
verb-servers-maintenance = Retire un serveur : les LB n'attendent plus qu'il réponde.
    .example = ngondo servers maintenance aar-1 --reason disk
    .server = son nom, comme aar-1
    .reason = pourquoi, pour qui le demandera plus tard
    .force = même s'il ne reste personne de son rôle
verb-servers-ready = Remet en service un serveur qui avait été retiré.
    .example = ngondo servers ready aar-1
    .server = son nom, comme aar-1
    .reason = pourquoi, pour qui le demandera plus tard
verb-servers-why = Explique l'état et le poids d'un serveur, ou de tous, chiffres à l'appui.
    .example = ngondo servers why aar-1
    .server = son nom ; sans nom, tous
verb-servers-thaw = Met fin plus tôt au gel de la carte : ce que les LB voient est vrai.
    .example = ngondo servers thaw
verb-alerts = Montre ce que quelqu'un devrait regarder.
    .example = ngondo alerts list
verb-alerts-list = Énumère les alertes que personne n'a encore prises en charge.
    .example = ngondo alerts list
    .all = aussi celles qui sont passées
    .limit = au plus tant d'alertes
    .after = seulement celles d'avant ce numéro
verb-alerts-ack = Prend une alerte en charge : vous l'avez vue et vous vous en occupez.
    .example = ngondo alerts ack 3
    .number = numéro de l'alerte
verb-audit = Montre qui a changé quoi, et vérifie que personne ne l'a retouché.
    .example = ngondo audit verify
verb-audit-list = Énumère les changements, du plus récent au plus ancien.
    .example = ngondo audit list --who ada --limit 20
    .who = seulement ceux de cette personne
    .verb = seulement ce verbe, comme boxes/suspend
    .subject = seulement ce qui a été fait à cela, comme voucher/17
    .from = depuis cet instant
    .to = avant cet instant
    .limit = au plus tant de changements
    .after = seulement ceux d'avant ce numéro
verb-audit-verify = Vérifie qu'aucune ligne du journal d'audit n'a été changée, retirée, échangée ou coupée.
    .example = ngondo audit verify
    .since = marque d'une vérification passée, si vous l'avez notée ; sinon celle de la dernière vérification d'ici
    .anew = oublie la dernière vérification d'ici : le back office a été refait
    .registry = adresse d'une base CRYPTO à vérifier sans back office, comme une sauvegarde
    .keys = son fichier de clés : clés maîtresses, ou celles d'AAR
verb-reports = Lit les deux bases REPORT.
    .example = ngondo reports compare
reports-choice = Quelles bases et quelles lignes.
    .first = adresse de la première base REPORT
    .second = adresse de la seconde
    .ini = ini dont [report] donne les deux adresses
    .server = seulement ce serveur
    .cmd = seulement cette commande ; WATERMARK montre les signes de vie des serveurs
    .result = seulement ce résultat
    .box = seulement cette box
    .from = depuis cet instant
    .to = jusqu'à cet instant
verb-reports-search = Cherche des requêtes enregistrées.
    .example = ngondo reports search --cmd AUTH --result REPLAYED
    .limit = au plus tant de lignes
verb-reports-tail = Montre les requêtes enregistrées à mesure qu'elles arrivent dans l'une des bases.
    .example = ngondo reports tail --cmd TOPUP
    .count = s'arrête après autant de lignes
verb-reports-export = Écrit les requêtes enregistrées en CSV ou en NDJSON, chacune une fois, depuis les deux bases.
    .example = ngondo reports export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --file novembre.csv
    .format = csv pour les tableurs, ndjson pour les programmes
    .file = le fichier, écrit en entier ou pas du tout ; sinon la sortie standard
verb-reports-compare = Compare les deux bases REPORT, par serveur et par minute.
    .example = ngondo reports compare --first sqlite:///var/report-1.db --second sqlite:///var/report-2.db
verb-reports-repair = Copie dans chaque base REPORT ce qui ne se trouve que dans l'autre ; peut être répété, même en service.
    .example = ngondo reports repair --ini pppx.ini
verb-reports-trace = Montre le chemin d'une requête, par son bridge, d'après les deux bases.
    .example = ngondo reports trace 0192f0c1-2b3c-7d4e-8f50-123456789abc
    .bridge = bridge de la requête, rendu dans l'en-tête ngondo-bridge
verb-reports-dead = Montre les lignes qu'une base a refusées, dans le spool d'un serveur de cette machine.
    .example = ngondo reports dead --ini /etc/ngondo/aar-1/aar.ini --retry
    .ini = ini de ce serveur
    .retry = les essaie de nouveau, dans la base où elles manquent
verb-trace = Montre le chemin d'une requête, par son bridge : comme reports trace.
    .example = ngondo trace 0192f0c1-2b3c-7d4e-8f50-123456789abc --ini pppx.ini
    .bridge = bridge de la requête, rendu dans l'en-tête ngondo-bridge
    .first = adresse de la première base REPORT
    .second = adresse de la seconde
    .ini = ini dont [report] donne les deux adresses
verb-send = Envoie un document tel qu'il est écrit et montre le statut et la réponse.
    .example = ngondo send auth.xml --to 127.0.0.1:8400
    .file = document XML ; « - » lit l'entrée standard
    .to = serveur ou clé ; sinon PPPX
verb-sim = Simule ce qui manque à une machine sans matériel.
    .example = ngondo sim key
verb-sim-key = Simule une clé 4G du N'gondo : répond à CRECORD, accepte une fois PROVISION.
    .example = ngondo sim key --listen 127.0.0.2:8080
    .listen = adresse où écouter
    .macaddr = son adresse MAC ; sinon tirée de la graine
    .imei = son IMEI ; sinon tiré de la graine
    .serial = son numéro de série ; sinon tiré de la graine
    .imsi = numéro d'abonné de sa SIM
    .iccid = numéro de sa carte SIM
    .model = son modèle
    .fw = version de son logiciel
    .rsa = donne une clé publique RSA, pour recevoir son secret chiffré
    .cut-answers = coupe tant de réponses pour cent
    .seed = graine des tirages, pour refaire le même essai
verb-sim-fleet = Simule un parc de box qui s'authentifient.
    .example = ngondo sim fleet --boxes 1000 --spread 30
    .boxes = nombre de box à inscrire et activer
    .credentials = fichier de secrets de box, un JSON par ligne, au lieu d'en inscrire
    .spread = secondes sur lesquelles les box démarrent
    .rounds = authentifications réussies voulues par box
    .patience = secondes après lesquelles une box abandonne
    .within = secondes dans lesquelles toutes doivent avoir réussi ; sinon c'est un échec
    .seed = graine des tirages, sur un back office qui ne l'a pas encore vue ; sinon une autre à chaque fois
verb-bench = Mesure, et montre ce qui a été mesuré.
    .example = ngondo bench auth --connections 64 --duration 10
verb-bench-auth = Fait s'authentifier des box inscrites, aussi vite que le back office répond ou à un rythme donné.
    .example = ngondo bench auth --connections 64 --duration 10 --boxes 1000 --rate 2000
    .connections = connexions gardées ouvertes
    .duration = secondes comptées, après une de mise en train
    .boxes = box qui se relaient ; elles sont d'abord inscrites et activées
    .rate = requêtes par seconde, que les précédentes aient leur réponse ou non ; sinon aussi vite qu'elles l'ont
    .seed = graine du tirage, sur un back office qui ne la connaît pas ; sinon une autre à chaque fois
verb-bench-toki = Mesure ce qu'un toki ajoute à un saut, dans un back office à part.
    .example = ngondo bench toki --out target/bench/toki-hop.json
    .out = fichier pour ngondo bench report
verb-bench-pages = Mesure les pages des box et des bons avec peu et avec beaucoup de lignes, sur un back office à part.
    .example = ngondo bench pages --boxes 100000
    .boxes = nombre de box à la fin
    .dir = dossier des mesures, pour bench report
    .vouchers = combien de bons
verb-bench-storm = Fait revenir d'un coup les box d'une ville et tue un AAR au milieu, sur un back office à part.
    .example = ngondo bench storm --boxes 10000
    .boxes = nombre de box, toutes attendues en dix secondes
    .dir = dossier des mesures, pour bench report
verb-bench-overload = Demande à des serveurs ralentis cinq fois ce qu'ils peuvent servir, sur un back office à part.
    .example = ngondo bench overload --duration 10
    .duration = secondes comptées, au plus fort puis au-delà
    .dir = dossier des mesures, pour bench report
verb-bench-init = Mesure ce que LB met à répondre au démarrage d'un module avec beaucoup de lignes de REPORT et avec peu ; remplit deux bases d'environ 3 Go dans le dossier temporaire, puis les efface.
    .example = ngondo bench init --rows 10000000
    .rows = lignes de REPORT enregistrées
    .dir = dossier des mesures, pour bench report
verb-bench-report = Réunit ce que les mesures ont écrit en un tableau, report.json et report.md.
    .example = ngondo bench report --dir target/bench
    .dir = dossier où les mesures ont écrit

## Ligne de commande

usage-unknown-argument = « { $arg } » n'est pas connu ici.
usage-unknown-verb = Le verbe « { $verb } » n'existe pas.
usage-missing = Il manque { $arg }.
usage-missing-verb = Il manque le verbe.
usage-conflict = { $arg } ne va pas avec { $other }.
usage-bad-value = { $arg } : « { $value } » ne convient pas : { $cause }.
usage-missing-one = Il manque l'un de ceux-ci : { $args }.
usage-twice = { $arg } est donné deux fois.
usage-one-of = choisissez parmi { $values }
usage-range = il faut un nombre entier de { $min } à { $max }
usage-at-least = il faut un nombre entier, { $min } au moins
usage-unfit = ce n'est pas de la forme attendue
usage-other = La ligne de commande ne convient pas. { $arg }
usage-suggest = Vouliez-vous dire { $name } ?
usage-hint = Rien n'a été fait. Ajoutez --help au verbe pour voir ses arguments et un exemple.

## Sorties communes

asked-again = Une demande restée sans réponse est reprise sous le même identifiant : rien n'est fait deux fois.
no-runtime = Le programme n'a pas pu démarrer : { $cause }.
    .safe = Rien n'a été fait.
    .next = Fermez d'autres programmes, puis recommencez.
unreachable = Pas de réponse de { $addr } : { $cause }.
    .safe = Rien n'est parti, rien n'a changé.
    .next = Vérifiez que le serveur tourne et que son adresse est juste (--pppx ou --to, sinon [pppx] dans ngondo.ini), puis recommencez.
answer-lost = La réponse de { $addr } s'est perdue : { $cause }.
    .safe = La demande a peut-être été faite ; refaite à l'identique, elle ne sera pas faite deux fois.
    .next = Relancez la même commande.
bad-toki = Les clés de { $file } ne peuvent pas servir : { $cause }.
    .safe = Rien n'a été demandé, rien n'a été changé.
    .next = Réparez ou remplacez le fichier, puis relancez la même commande.
root-missing = { $file } n'est pas là, et cette flotte a déjà des principaux.
    .safe = Rien n'a été fait : des clés d'autres racines fermeraient la porte à tous les programmes de la flotte.
    .next = Apportez le fichier des racines de la flotte et nommez-le par --root.
roots-full = { $file } ne peut plus recevoir de racine.
    .safe = Rien n'a été changé.
    .next = Commencez une autre flotte par ngondo principals init et un autre --root.
crypto-unusable = La base CRYPTO { $url } ne peut pas servir : { $cause }.
    .safe = Aucune clé n'a été faite.
    .next = Vérifiez --crypto ; ngondo migrate --registry fait la base.
principal-name = { $name } ne peut pas être le nom d'un principal.
    .safe = Rien n'a été fait.
    .next = Un nom a 1 à 64 lettres, chiffres et . _ -
principal-other = { $name } existe déjà, mais c'est autre chose : { $kind }.
    .safe = Il est resté comme il était.
    .next = Choisissez un autre nom.
principal-revoked = { $name } a été révoqué.
    .safe = Il est resté comme il était.
    .next = ngondo principals add le fait revenir, avec une nouvelle clé.
principal-unknown = Aucun principal ne s'appelle { $name }.
    .safe = Rien n'a été changé.
    .next = ngondo principals list les montre tous.
principal-bad = Ces droits ne vont pas avec cette sorte : { $cause }.
    .safe = Rien n'a été demandé, rien n'a été changé.
    .next = Un module n'a que --right module:RÔLE ; tous les autres ont les autres droits.
principal-inventory = Un module est appelé par d'autres, et les appelle.
    .safe = Rien n'a été demandé, rien n'a été changé.
    .next = Nommez-les par --inventory FICHIER.
principals-made-root = clés racines faites : { $file }
principals-made-row = principal ajouté : { $name }
principals-made-file = fichier écrit : { $file }
principals-all-there = Tout était déjà là ; rien n'a été changé.
principals-begun = La flotte a ses clés. Portez chaque NOM.toki sur la machine de NOM, nommez { $file } dans ngondo.ini sous [toki] file, et gardez { $root } loin de tout serveur.
principals-none = Aucun principal n'est connu.
principal-added = { $name } peut : { $rights }, auprès de chaque serveur en une seconde. Son fichier est { $file } : portez-le sur sa machine, mode 0600 ; il vaut un mot de passe.
principal-revoked-now = { $name } ne peut plus rien ; chaque serveur le sait en une seconde.
principal-rotated = { $name } a une nouvelle clé, numéro { $number } : portez { $file } sur sa machine. L'ancien fichier ne vaut plus rien.
state-good = bon
state-revoked = révoqué
activity-sessions = { $server } : sessions ouvertes : { $list }
activity-sample = { $server } : montre une demande sur { $n }
activity-dropped = { $server } : { $count ->
    [one] une demande n'a pas été montrée : il y en avait trop
   *[other] { $count } demandes n'ont pas été montrées : il y en avait trop
}
activity-gone = { $server } n'est plus là ({ $why }) ; on réessaie
activity-back = { $server } est de retour
activity-lost = Le flux s'est perdu ; on le rouvre.
toki-refused = { $addr } et cet outil ne se prouvent pas l'un à l'autre : { $cause }.
    .safe = Aucune réponse n'a été employée ; si quelque chose a été fait, la même commande ne le refait pas.
    .next = Vérifiez [toki] file dans ngondo.ini, et les noms des PPPX dans [pppx] ou --pppx NOM@HÔTE:PORT.
strange-answer = { $addr } a répondu autre chose que le protocole (HTTP { $status }) : { $cause }.
    .safe = Rien n'a été fait de cette réponse.
    .next = Vérifiez que cette adresse est celle d'un serveur N'gondo.
unreadable = { $file } ne peut pas être lu : { $cause }.
    .safe = Rien n'a été fait.
    .next = Vérifiez le nom du fichier, ses droits et son contenu.
unwritable = { $file } ne peut pas être écrit : { $cause }.
    .safe = Ce qui était écrit avant est intact.
    .next = Vérifiez les droits du dossier et la place sur le disque, puis recommencez.
unlistenable = Impossible d'écouter sur { $addr } : { $cause }.
    .safe = Rien n'a démarré.
    .next = Choisissez une autre adresse ou arrêtez ce qui l'occupe.
config-unusable = L'ini ne peut pas servir :
    { $cause }
    .safe = Rien n'a été fait.
    .next = Corrigez ces lignes ; ngondo check-config les vérifie.

## Clés maîtresses, ini, bases

keys-made = { $file } : nouvelle clé maîtresse { $id }. Gardez-en une copie hors ligne : sans elle rien ne se lit plus.
keys-exist = { $file } existe déjà et n'a pas été touché.
    .safe = Les clés en place sont intactes.
    .next = Donnez un autre nom avec --file. Écraser des clés rendrait les bases illisibles.
keys-current = { $id } (courante)
keys-exported = { $file } : clés pour { $role } ({ $keys }).
bad-keys = Clés : { $cause }.
    .safe = Aucune clé n'a été changée.
    .next = Faites ce que dit la ligne ci-dessus, puis recommencez.
config-good = { $file } : bon pour { $role }. Le service démarrerait avec :
config-line = {"  "}{ $value } (ligne { $line })
config-default = {"  "}{ $value } (par défaut)
tool-good = { $file } : bon. L'outil prendrait :
inventory-good = { $file } : bon, { $count ->
        [one] { $count } serveur
       *[other] { $count } serveurs
    }.
config-bad = { $count ->
        [one] { $count } ini ne convient pas.
       *[other] { $count } ini ne conviennent pas.
    }
    .safe = Rien n'a été démarré ni changé.
    .next = Corrigez les lignes ci-dessus et vérifiez de nouveau.
migrated = { $url } : à jour.
migrate-nothing = Aucune base n'est nommée.
    .safe = Rien n'a été fait.
    .next = Donnez --registry, --report ou --ini.
not-migrated = { $url } n'a pas pu être mise à jour : { $cause }.
    .safe = La base est restée comme elle était.
    .next = Vérifiez l'adresse, le dossier et ses droits, puis recommencez.

## Envoi

send-status = { $addr } : HTTP { $status }

## Banc

key-nowhere = L'adresse de la clé 4G n'est pas connue.
    .safe = Rien n'a été fait.
    .next = Donnez --key HOST:PORT, ou [bench] key_addr et key_port dans ngondo.ini.
key-unreachable = La clé { $addr } ne répond pas.
    .safe = Rien n'a été inscrit.
    .next = Vérifiez qu'elle est branchée et que son adresse est juste (--key, ou [bench] key_addr et key_port dans ngondo.ini), puis relancez la même commande.
key-strange = Ce qui répond à { $addr } n'est pas une clé N'gondo.
    .safe = Rien n'a été inscrit.
    .next = Vérifiez l'adresse de la clé (--key, ou [bench] key_addr et key_port dans ngondo.ini), puis relancez la même commande.
key-refuses = La clé { $addr } ne dit pas qui elle est : { $result }.
    .safe = Rien n'a été inscrit.
    .next = Vérifiez que c'est l'adresse de la clé (--key) ; débranchez-la, rebranchez-la et recommencez.
key-keeps-old = La clé { $addr } n'a pas pris son secret : { $result }.
    .safe = La box est inscrite ; la demande est gardée et reprendra au même point.
    .next = Remettez la clé à l'état d'usine, puis relancez la même commande.
already-recorded = Cette clé est déjà inscrite : box { $device }.
    .safe = Rien n'a changé ; son secret n'est donné qu'une fois.
    .next = Si la clé a perdu son secret, il faut un nouveau secret pour la même box (droit rekey).
bad-credential = Le secret de la box ne se lit pas : { $cause }.
    .safe = La clé n'a rien reçu.
    .next = Relancez la même commande ; si cela dure, donnez ce texte au support.
no-private-key = La clé privée simulée n'a pas pu être faite : { $cause }.
    .safe = Rien n'a démarré.
    .next = Relancez sans --rsa.
record-asked = [x] La clé a dit qui elle est :
record-recorded = [x] Inscrite : box { $device }
record-provisioned = [x] La clé a reçu son secret
record-box = Box { $device }
record-activation = Code d'activation : { $code }
record-in-clear = Attention : la clé n'a pas de clé publique, son secret est passé en clair par cet ordinateur.
record-imei-luhn = Attention : le dernier chiffre de l'IMEI est faux ; certaines clés en ont un faux.
record-incomplete = Attention : sans IMEI ni numéro de série, la clé se distingue mal d'une autre.

## Box

boxes-none = Aucune box.
boxes-more = La suite : --after { $after }
box-history = Historique, du plus récent au plus ancien :
box-unknown = Aucune box n'a l'identifiant { $device }.
    .safe = Rien n'a changé.
    .next = Relisez l'identifiant, ou cherchez la box : ngondo boxes find --imei, --serial, --macaddr ou --last4.
boxes-no-tags = Aucune box n'a de groupe ni d'étiquette.
boxes-gathering = recherche des box
boxes-changing = changement des box
boxes-chosen = { $count ->
        [one] { $count } box est concernée.
       *[other] { $count } box sont concernées.
    }
boxes-and-more = … et { $count } de plus.
boxes-refused = { $name } : { $result } ({ $why })
boxes-done = { $changed ->
        [one] { $changed } box changée
       *[other] { $changed } box changées
    }, { $unchanged } l'étaient déjà.
boxes-exported = { $count ->
        [one] { $count } box
       *[other] { $count } box
    } dans { $file }
boxes-checked = { $ok } bonnes lignes, { $already } de clés déjà enregistrées.
boxes-imported = { $ok ->
        [one] { $ok } box enregistrée
       *[other] { $ok } box enregistrées
    }, { $already } l'étaient déjà.
box-unchanged = Elle l'était déjà : rien n'a changé.
box-replaced = La box { $device } est remplacée par { $by }.
box-rekeyed = Box { $device } : sa clé a le nouveau secret ; l'ancien meurt à la prochaine authentification.
boxes-not-chosen = Il manque de quelles box il s'agit.
    .safe = Rien n'a changé.
    .next = Donnez leurs identifiants, un fichier (--from) ou un filtre : --state, --group, --tag, --ends-by, --silent-days.
boxes-no-tag = Il manque l'étiquette ou le groupe.
    .safe = Rien n'a changé.
    .next = Ajoutez --add, --remove, --into ou --ungroup.
boxes-of-one = Un code, un abonné et un téléphone sont d'une seule box.
    .safe = Rien n'a changé.
    .next = Nommez une box par son identifiant, ou enlevez --code, --subscriber et --msisdn.
boxes-activate-names = Une box s'active par son identifiant ou son adresse MAC.
    .safe = Les box d'avant celle-ci sont activées.
    .next = Mettez une colonne box dans le fichier ; ngondo boxes export en écrit une.
boxes-bad-line = La ligne { $line } ne nomme aucune box : { $cause }.
    .safe = Rien n'a changé.
    .next = Corrigez le fichier, puis relancez la même commande.
boxes-line-unnamed = box, imei, serial et macaddr manquent tous
boxes-some-refused = { $count ->
        [one] { $count } box a été refusée.
       *[other] { $count } box ont été refusées.
    }
    .safe = Les autres sont faites ; une box refusée est comme avant.
    .next = Voyez ci-dessus la raison de chacune ; la même commande ne fait rien deux fois.
boxes-lines-refused = { $count ->
        [one] { $count } ligne a été refusée.
       *[other] { $count } lignes ont été refusées.
    }
    .safe = Une ligne refusée n'a rien changé.
    .next = Corrigez ces lignes ; le même fichier n'enregistre aucune clé deux fois.
box-changed = Box { $device } : { $state }

## Recharges

code-mistyped = Ce code est mal recopié : son dernier chiffre ne correspond pas aux autres.
    .safe = Aucun serveur n'a été interrogé ; aucun essai n'est compté.
    .next = Relisez les 16 chiffres et recommencez.
import-checking = vérification
import-importing = importation
import-line = ligne { $line }
import-lines = lignes { $from } à { $to }
import-verdict = { $place } : { $result }
import-verdict-why = { $place } : { $result } ({ $why })
import-not-done = bonne, mais pas importée
import-bad-lines = { $bad ->
        [one] { $bad } ligne ne convient pas.
       *[other] { $bad } lignes ne conviennent pas.
    }
    .safe = Rien n'a été importé.
    .next = Corrigez le fichier, ou ajoutez --valid-only pour importer les bonnes lignes.
import-already = { $count ->
        [one] { $count } code était déjà en stock.
       *[other] { $count } codes étaient déjà en stock.
    }
    .safe = Rien n'a été importé deux fois, et aucune autre ligne ne l'a été.
    .next = Si tout le fichier y était déjà, il n'y a rien à faire ; sinon ajoutez --valid-only pour importer les autres lignes.
vouchers-imported = { $count ->
        [one] { $count } code importé.
       *[other] { $count } codes importés.
    }
voucher-unknown = Aucun code d'achat n'a le numéro de série { $serial }.
    .safe = Rien n'a changé.
    .next = Relisez le numéro de série imprimé près du code.
sell-out-of-stock = Refusé : OUT_OF_STOCK. Il n'y a pas assez de codes de recharge libres pour vendre cela.
    .safe = Rien n'a été vendu.
    .next = Voyez ce qu'il reste (ngondo vouchers stock), importez des codes (ngondo vouchers import), puis relancez la même commande.
voucher-sold = n° { $serial }  { $code }
voucher-duplicata = DUPLICATA : ce sont les codes de la vente déjà faite.
batch-drawing = Tirage des codes
report-filling = Remplissage des bases REPORT
batch-printed = { $count ->
    [one] { $count } code est
   *[other] { $count } codes sont
 } dans { $file }, chiffré pour l'imprimeur. Ce fichier se redemande jusqu'à ce que le lot soit actif.
print-bad-key = { $file } n'est pas une clé RSA de 2048 à 4096 bits en PEM.
    .safe = Rien n'a été envoyé.
    .next = La clé publique : openssl rsa -in imprimeur.key -pubout -out imprimeur.pem
print-not-opened = { $file } ne s'ouvre pas avec cette clé.
    .safe = Rien n'a été écrit.
    .next = Vérifiez que c'est le fichier entier, et la clé qui va avec.
vouchers-none = Rien.
day-empty = Aucune vente le { $day }.
day-total = { $day } : { $count ->
    [one] { $count } bon
   *[other] { $count } bons
 }, { $money } { $currency }.
reconcile-balances = Tout concorde.
reconcile-differs = { $count ->
    [one] Il y a { $count } écart
   *[other] Il y a { $count } écarts
 }, nommés ci-dessus.
    .safe = Rien n'a été changé.
    .next = Gardez cette liste ; « ngondo audit list » dit qui a fait quoi.
stock-empty = Le stock est vide.
topup-code = Code de recharge : { $code }
topup-worth = { $operator } { $amount } { $currency }
topup-ussd = À composer sur la SIM : { $ussd }
topup-expires = À utiliser jusqu'au { $expires }

## Rapports

reports-nowhere = Les bases REPORT ne sont pas nommées.
    .safe = Rien n'a été lu.
    .next = Donnez --first et --second, --ini, ou [report] dans ngondo.ini.
report-unreadable = { $url } ne peut pas être lue : { $cause }.
    .safe = Rien n'a changé.
    .next = Vérifiez l'adresse et les droits ; ngondo migrate crée les bases.
reports-none = Aucune requête.
reports-difference = { $server } { $minute } : { $first } dans la première, { $second } dans la seconde
reports-equal = Les deux bases sont égales : { $rows } lignes dans chacune.
reports-empty = Les deux bases sont vides.
    .safe = Rien n'a changé.
    .next = Vérifiez que ce sont les bonnes adresses.
reports-coming = Les deux bases sont égales jusqu'à { $until } ; des lignes de { $count ->
        [one] une minute d'un serveur
       *[other] { $count } minutes de serveurs
    } sont en route.
reports-differ = Les deux bases diffèrent par des lignes qui n'arriveront pas d'elles-mêmes : { $first } et { $second } lignes.
    .safe = Rien n'a changé ; aucune base n'a perdu ce que l'autre contient.
    .next = Lancez ngondo reports repair avec les mêmes adresses, puis comparez de nouveau.
reports-filled = { $server } { $minute } : { $first } dans la première, { $second } dans la seconde
reports-repaired = { $first } lignes ajoutées à la première base, { $second } à la seconde ; { $coming } minutes laissées, car leurs lignes sont peut-être en route.
reports-left = Une ligne n'a pas pu être copiée dans { $url } : { $cause }
reports-some-left = Lignes qui n'ont pas pu être copiées : { $count }.
    .safe = Elles sont restées où elles étaient ; toutes les autres ont été copiées.
    .next = Lisez ce qui a été dit de chacune, corrigez la base et réparez de nouveau.
reports-exported = { $count ->
        [one] { $count } ligne
       *[other] { $count } lignes
    } dans { $file }.
reports-some-unreadable = Lignes omises parce qu'une valeur n'a pas la forme voulue : { $count }.
    .safe = Toutes les autres ont été écrites ; rien n'a changé dans les bases.
    .next = Quelqu'un a écrit dans la base à la main, ou une version plus récente l'a fait : regardez avec le ngondo le plus récent.
tail-begun = En attente de nouvelles lignes. Ctrl-C pour finir.
tail-odd = Lignes omises, venues du futur ou avec une valeur qui n'a pas la forme voulue : { $count }. Vérifiez les horloges.
tail-lost = Aucune base ne peut être lue : { $cause } Nouvel essai en cours.
trace-answered = { $time }  { $server } a reçu { $cmd } de { $who } et a répondu { $result } ({ $ms } ms)
trace-passed = { $time }  { $server } a reçu { $cmd } de { $who } et l'a transmis : { $upstream } a répondu { $result } ({ $ms } ms, { $tries ->
        [one] { $tries } essai
       *[other] { $tries } essais
    })
trace-first-alone = { "    " }dans la première base seulement
trace-second-alone = { "    " }dans la seconde base seulement
dead-none = Aucune ligne mise de côté.
dead-some = { $count ->
        [one] { $count } ligne a été mise de côté.
       *[other] { $count } lignes ont été mises de côté.
    } Elles restent dans le spool jusqu'à ce que --retry les fasse entrer dans la base.
dead-shipped = { $count ->
        [one] { $count } ligne est maintenant dans sa base.
       *[other] { $count } lignes sont maintenant dans leurs bases.
    }
dead-again = { $lane } { $seq } est refusée de nouveau : { $cause }
dead-left = Lignes qui restent de côté : { $count }.
    .safe = Elles restent dans le spool ; les autres lignes sont envoyées comme toujours.
    .next = Lisez ce qui a été dit de chacune : corrigez la base ou installez la version plus récente, puis relancez avec --retry.
dead-unusable = Les lignes mises de côté ne peuvent être ni lues ni essayées de nouveau : { $cause }
    .safe = Rien n'est perdu : ce qui n'a pas été déplacé est resté où il était.
    .next = Vérifiez [module] state dans l'ini, les droits de votre utilisateur, et que les bases existent.

## Simulateurs

bench-auth = { $authenticated } authentifications en { $seconds } s : { $rate } par seconde, { $connections } connexions, { $boxes } box
bench-toki = Un toki ajoute { $added } µs de temps processeur à un saut, les deux bouts ensemble : { $ours } µs avec, { $reference } µs sans ; à l'horloge { $clock } µs
bench-latency = Latence en µs : la moitié { $p50 }, 90 % { $p90 }, 99 % { $p99 }, 99,9 % { $p999 }, la plus longue { $max }
bench-late = { $count ->
        [one] { $count } crypto a été fait après le départ du chronomètre.
       *[other] { $count } cryptos ont été faits après le départ du chronomètre.
    }
bench-storm = Les mêmes serveurs en servent { $rate } par seconde. Entrées, seconde par seconde : { $curve }. { $rows } lignes dans chaque REPORT
bench-errors = { $count ->
        [one] { $count } requête a échoué, donc aucun débit n'est donné.
       *[other] { $count } requêtes ont échoué, donc aucun débit n'est donné.
    }
    .safe = Les box inscrites pour cela restent, et ne gênent pas.
    .next = Cherchez la cause : ngondo reports search --cmd AUTH
bench-broken = La charge n'a pas pu être produite : { $cause }.
    .safe = Les box inscrites pour cela restent, et ne gênent pas.
    .next = Recommencez avec moins de connexions ou de box.
bench-stopped = Arrêt à l'étape « { $step } » : { $cause }
    .safe = La mesure a tourné sur un back office à part, qui n'est plus là.
    .next = Recommencez quand la machine a moins à faire.
bench-unusable = Les mesures de { $file } ne peuvent être lues ou écrites : { $cause }.
    .safe = Les mesures elles-mêmes sont intactes.
    .next = Mesurez d'abord : make bench
bench-no-ratio = Une mesure a eu une erreur, donc son rapport n'est pas donné.
    .safe = Les autres lignes du tableau valent.
    .next = Cherchez l'erreur, puis recommencez : make bench

sim-key-listens = La clé simulée répond sur { $addr }. Ctrl-C l'arrête.
fleet-enrolling = inscription
fleet-authenticating = authentification
fleet-summary = { $authenticated ->
        [one] { $authenticated } authentifiée
       *[other] { $authenticated } authentifiées
    }, { $refused ->
        [one] { $refused } refusée
       *[other] { $refused } refusées
    }, { $failed ->
        [one] { $failed } abandonnée
       *[other] { $failed } abandonnées
    } ; { $attempts ->
        [one] { $attempts } envoi
       *[other] { $attempts } envois
    } en { $ms } ms
fleet-times = La dernière est entrée après { $last } s. Durées en ms : la moitié { $p50 }, 99 % { $p99 }, la plus longue { $longest }
fleet-sends = Au plus { $most } requêtes d'une même box. Invitées à revenir à un moment donné : { $told } ; sans moment donné : { $nothing } ; sans réponse : { $unanswered }
fleet-late = La dernière box est entrée après { $seconds } s, et non en { $within } s.
    .safe = Toutes les box sont entrées.
    .next = Cherchez où passe le temps : ngondo reports search --cmd AUTH
fleet-failed = { $count ->
        [one] { $count } authentification n'a pas abouti.
       *[other] { $count } authentifications n'ont pas abouti.
    }
    .safe = Les box simulées n'ont rien changé d'autre.
    .next = Cherchez la cause : ngondo reports search --cmd AUTH

## Tout le back office

up-ready =
    Prêt dans { $dir }.
    Dans un autre terminal : ngondo --config { $ini } boxes list
    Ctrl-C arrête tout.
up-draining = Arrêt : les demandes en cours se terminent.
up-stopped = Arrêté.
no-free-port = Il n'y a pas assez de ports libres : { $cause }.
    .safe = Rien n'a démarré.
    .next = Arrêtez d'autres programmes, puis recommencez.
dir-name = Le nom du dossier { $dir } ne peut pas servir.
    .safe = Rien n'a été fait.
    .next = Prenez un dossier dont le nom n'a ni espace, ni « ? », ni « # ».
server-not-started = { $instance } n'a pas démarré : { $cause }
    .safe = Les autres serveurs sont arrêtés.
    .next = Corrigez ce que dit la ligne ci-dessus ; un port occupé vient souvent d'un back office qui tourne encore.
no-binary = { $file } n'a pas pu être lancé : { $cause }.
    .safe = Rien n'est resté ouvert.
    .next = Construisez tout : cargo build, ou make demo.

## Démonstration

demo-laid = Dossier { $dir } : clés, bases, ini
demo-started = { $count } serveurs prêts
demo-stranger = Qui n'a pas de clé ne peut pas regarder : { $result }.
demo-asked = CRECORD : la clé simulée dit qui elle est ({ $macaddr })
demo-recorded = CRECORD : inscrite, box { $device }
demo-provisioned = PROVISION : la clé a son secret
demo-activated = ACTIVATE : la box est active
demo-auth = AUTH : OK, prouvé des deux côtés, bon pour { $lease } s
demo-auth-forged = AUTH avec une autre clé : { $result }
demo-imported = { $count } codes de recharge importés
demo-sold = Vendu : code d'achat { $code }
demo-topped-up = TOPUP : code de recharge { $code }, à composer { $ussd }
demo-topped-up-again = Le même TOPUP encore : la même réponse
demo-rows = { $requests } demandes : { $first } et { $second } lignes, une par serveur dans chaque REPORT
demo-equal = Les deux REPORT sont égales : { $rows } lignes
demo-interrupted = Démonstration interrompue.
    .safe = Tout ce qu'elle avait démarré est arrêté.
    .next = Relancez-la quand vous voulez.
demo-stopped = Tout est arrêté
demo-passed = Toutes les étapes ont réussi.
demo-unexpected = { $what } devait donner { $wanted } et a donné { $got }.
    .safe = Tout ce que la démonstration a démarré est arrêté.
    .next = Relancez avec --dir pour garder les journaux des serveurs et les lire.

## Refus du back office

result-ALREADY_RECORDED = Refusé : ALREADY_RECORDED. Cette clé est déjà inscrite.
    .safe = Rien n'a changé.
    .next = Cherchez-la : ngondo boxes find.
result-MAC_NOT_UNIQUE = Refusé : MAC_NOT_UNIQUE. L'adresse MAC ne suffit pas à distinguer cette clé.
    .safe = Rien n'a changé.
    .next = Donnez aussi l'IMEI et le numéro de série, ou l'identifiant de la box.
result-NOT_ACTIVATED = Refusé : NOT_ACTIVATED. La box n'est pas activée.
    .safe = Rien n'a changé.
    .next = Activez-la : ngondo boxes activate.
result-SUSPENDED = Refusé : SUSPENDED. La box est suspendue.
    .safe = Rien n'a changé.
    .next = Rendez-lui le service : ngondo boxes resume.
result-EXPIRED = Refusé : EXPIRED. La date de fin de la box est passée.
    .safe = Rien n'a changé.
    .next = Donnez-lui une autre date : ngondo boxes activate --until.
result-RETIRED = Refusé : RETIRED. La box est retirée du service.
    .safe = Rien n'a changé.
    .next = Un administrateur peut la remettre en état suspendu.
result-STOLEN = Refusé : STOLEN. La box est déclarée volée.
    .safe = Rien n'a changé.
    .next = Un administrateur peut lever la déclaration, avec une raison.
result-BAD_CRYPTO = Refusé : BAD_CRYPTO. La preuve de la box ne convient pas, ou la box est inconnue.
    .safe = Rien n'a changé.
    .next = Vérifiez quelle box a signé, et son secret.
result-STALE = Refusé : STALE. L'heure de la box est à plus de 300 s de celle du serveur.
    .safe = Rien n'a été gardé.
    .next = Mettez les horloges à l'heure.
result-REPLAYED = Refusé : REPLAYED. Cette demande a déjà été faite.
    .safe = Rien n'a été fait de nouveau.
    .next = La box doit demander avec un compteur plus grand.
result-CODE_UNKNOWN = Refusé : CODE_UNKNOWN. Ce code n'existe pas, ou la box est inconnue.
    .safe = Rien n'a changé.
    .next = Relisez le code ; trop d'essais font attendre.
result-CODE_USED = Refusé : CODE_USED. Ce code d'achat a déjà servi.
    .safe = Rien n'a été donné une seconde fois.
    .next = Cherchez-le par son numéro : ngondo vouchers find --serial.
result-CODE_VOID = Refusé : CODE_VOID. Ce code a été annulé.
    .safe = Rien n'a été donné.
    .next = Rendez le client à la boutique qui l'a vendu.
result-CODE_EXPIRED = Refusé : CODE_EXPIRED. Ce code a dépassé sa date.
    .safe = Rien n'a été donné.
    .next = Rendez le client à la boutique qui l'a vendu.
result-OUT_OF_STOCK = Refusé : OUT_OF_STOCK. Il ne reste pas de code de recharge pour ce qui est demandé.
    .safe = Rien n'est perdu : un code vendu reste dû et sera honoré.
    .next = Importez des codes (ngondo vouchers import), puis relancez la même commande.
result-MALFORMED = Refusé : MALFORMED. La demande n'est pas de la forme du protocole.
    .safe = Rien n'a été fait.
    .next = Corrigez ce que dit le détail, puis recommencez.
result-UNAUTHENTICATED = Refusé : UNAUTHENTICATED. Le serveur ne sait pas qui demande.
    .safe = Rien n'a été fait.
    .next = Nommez le fichier de votre principal dans ngondo.ini : [toki] file ; un opérateur le fait avec ngondo principals add.
result-FORBIDDEN = Refusé : FORBIDDEN. Cette demande n'est pas permise.
    .safe = Rien n'a été fait.
    .next = Demandez à qui en a le droit.
result-SLOW_DOWN = Refusé : SLOW_DOWN. Trop d'essais : il faut attendre { $wait } s.
    .safe = Rien n'a été fait.
    .next = Attendez, puis relancez la même commande.
result-BUSY = Refusé : BUSY. Les serveurs sont occupés, ou aucun ne répond. À redemander dans { $wait } s.
    .safe = Rien n'a été fait deux fois ; la demande est gardée.
    .next = Attendez, puis relancez la même commande.
result-TIMEOUT = Refusé : TIMEOUT. Pas de réponse à temps.
    .safe = Refaite à l'identique, la demande ne sera pas faite deux fois.
    .next = Relancez la même commande.
result-FAILED = Refusé : FAILED. Le serveur a eu une panne interne.
    .safe = Refaite à l'identique, la demande ne sera pas faite deux fois.
    .next = Relancez ; si cela dure, cherchez le bridge dans le journal du serveur.

## Causes

at-line = { $file }:{ $line }: { $fault }
at-file = { $file }: { $fault }
cause-detail = « { $raw } »
cause-line = la ligne { $line } ne convient pas
cause-not-found = le fichier ou le dossier n'existe pas ({ $raw })
cause-denied = l'accès n'est pas permis ({ $raw })
cause-exists = il existe déjà ({ $raw })
cause-in-use = l'adresse est déjà prise par un autre programme ({ $raw })
cause-no-addr = l'adresse n'est pas à cette machine, ou plus aucune n'est libre ({ $raw })
cause-refused = la connexion est refusée ({ $raw })
cause-cut = la connexion a été coupée ({ $raw })
cause-no-way = le réseau n'y mène pas ({ $raw })
cause-timed-out = le délai est passé ({ $raw })
cause-full = le disque est plein ({ $raw })
cause-read-only = le disque est en lecture seule ({ $raw })
cause-folder = c'est un dossier ({ $raw })
cause-no-folder = ce n'est pas un dossier ({ $raw })
cause-not-text = ce n'est pas du texte en UTF-8 ({ $raw })
cause-no-server = aucun serveur n'est nommé
cause-unreachable = la connexion est refusée ou n'aboutit pas
cause-lost = la connexion a été coupée avant la fin de la réponse
cause-timeout = le délai est passé
cause-no-key = votre fichier toki n'a pas de clé pour { $name }
cause-unproven = rien ne prouve que la réponse soit celle de ce serveur
toki-malformed = il ne comprend pas ce toki (malformed)
toki-unknown-key = il ne connaît aucune clé de ce numéro : le fichier est d'une autre flotte, ou il n'a pas encore reçu les nouvelles clés (unknown-key)
toki-unknown-session = il oublie chaque session aussitôt : il redémarre sans cesse (unknown-session)
toki-stale = l'horloge de cette machine ou celle du serveur fait des sauts (stale)
toki-replayed = il a déjà vu le numéro de cette demande (replayed)
toki-bad-seal = les clés de votre fichier ne sont pas celles qu'il a : le fichier est d'une autre flotte, ou quelque chose change les demandes en route (bad-seal)
toki-bad-chain = un autre programme emploie votre session : quelqu'un a peut-être copié vos clés (bad-chain)
toki-wrong-audience = le serveur à cette adresse porte un autre nom (wrong-audience)
base-engine = cet outil ne connaît que les adresses sqlite:///FICHIER
base-open = elle n'existe pas ou ne s'ouvre pas ({ $raw })
base-no-schema = elle n'a pas encore ses tables : lancez ngondo migrate
base-older = il lui manque une mise à jour : lancez ngondo migrate ({ $raw })
base-newer = une version plus récente l'a écrite : employez celle-là ({ $raw })
base-migrate = sa mise à jour a échoué ({ $raw })
base-query = une demande à la base a échoué ({ $raw })
base-timeout = elle ne répond pas à temps ({ $raw })
base-value = une valeur y est abîmée ({ $raw })
start-ini = son ini ne convient pas : { $raw }
start-listen = il ne peut pas écouter sur { $addr }, que nomme [{ $section }] listen : { $cause }.
start-keys = ses clés ne conviennent pas ({ $raw }).
start-spool = son spool dans { $folder } ne s'ouvre pas : { $cause }.
start-database = une de ses bases ne convient pas ({ $raw }).
start-stopped = on l'a arrêté avant qu'il soit prêt.
start-log = son journal finit par « { $line } ».
spool-in-use = un autre programme l'emploie, sans doute ce même serveur, qui tourne déjà
spool-not-one = ce fichier n'est pas un spool ({ $raw })
spool-foreign = il est à { $owner } ; donnez à chaque serveur son propre [module] state
secret-missing = { $file } n'existe pas ; faites-le : { $cure }
secret-exposed = { $file } est lisible par d'autres que son propriétaire ; lancez : chmod 600 { $file }
secret-unreadable = { $file } doit être un fichier texte de l'utilisateur qui lance ce programme : { $cause }
key-file-empty = le fichier n'a aucune clé ; faites-en une : ngondo keys init
key-file-master = la ligne n'est pas de la forme « ID CLÉ [current] » ; reprenez le fichier de sa copie de sauvegarde
key-file-derived = la ligne n'est pas de la forme « USAGE ID CLÉ [current] » ; refaites le fichier : ngondo keys export --role RÔLE
key-file-purpose = cet usage n'existe pas : wrap, recharge, vault, index, pepper ou client
key-file-id = l'identifiant de la clé n'a pas 8 chiffres hexadécimaux ; reprenez le fichier de sa copie de sauvegarde
key-file-key = la clé n'a pas 64 chiffres hexadécimaux ; reprenez le fichier de sa copie de sauvegarde
key-file-mark = seul le mot « current » peut suivre la clé ; ôtez ce qui s'y trouve
key-file-repeated = cet identifiant est déjà dans le fichier ; ôtez une des deux lignes
key-file-two-current = une seconde clé est marquée « current » ; ne laissez la marque que sur une ligne
key-file-no-current = aucune clé n'est marquée « current » ; mettez la marque sur la plus récente
toki-file-empty = le fichier n'a aucune clé ; refaites-le : ngondo principals add
toki-file-form = la ligne n'est pas de cette sorte de fichier ; refaites-le : ngondo principals add
toki-file-name = le nom a d'autres caractères que A-Z a-z 0-9 . _ -, ou en a trop
toki-file-number = le numéro de la clé n'est pas un nombre à partir de 1
toki-file-mark = seul le mot « current » peut suivre la clé ; ôtez ce qui s'y trouve
toki-file-other = à partir de cette ligne le fichier est à un autre : deux fichiers ont été mis ensemble
toki-file-current = de plusieurs clés, une seule doit être marquée « current »

## Ini

warning-older = le service démarrerait avec l'ancien { $file }, car l'ini ne se lit pas : { $problems }
warning-by-hand = une adresse a été changée à la main depuis la carte d'epoch { $epoch } : écrivez « pin = 1 » dans sa section, sinon la prochaine carte la remplace
fault-unreadable = ne peut pas être lu : { $cause }
fault-not-utf8 = pas en UTF-8 : enregistrez le fichier en UTF-8
fault-empty = le fichier est vide
fault-syntax = ce n'est pas une ligne d'ini : { $cause }
fault-outside = « { $key } » est avant la première [section]
fault-section-twice = [{ $section }] existe déjà, ligne { $line } : mettez-y ces clés
fault-key-twice = [{ $section }] { $key } existe déjà, ligne { $line } : ôtez l'une des deux
fault-section = la section [{ $section }] n'existe pas
fault-section-near = la section [{ $section }] n'existe pas ; vouliez-vous dire [{ $nearest }] ?
fault-key = la clé « { $key } » n'existe pas dans [{ $section }]
fault-key-near = la clé « { $key } » n'existe pas dans [{ $section }] ; vouliez-vous dire « { $nearest } » ?
fault-missing = il manque [{ $section }] { $key } : { $expected }
fault-tail = [{ $section }] { $key } : mettez le commentaire sur une ligne à lui, car ici « ; » et « # » font partie de la valeur
fault-value = [{ $section }] { $key } doit être { $expected }
fault-value-why = [{ $section }] { $key } doit être { $expected } : { $why }
fault-role = [module] role est { $found }, mais ce programme est { $expected } : lancez-le avec l'ini de son rôle
fault-no-role = [module] role manque ou n'est pas un rôle : écrivez PPPX, LB, AAR, SR ou TOPUP
fault-insecure = [module] listen est ouvert à d'autres machines et il n'y a pas de TLS : écoutez sur 127.0.0.1, ou écrivez « insecure = yes » dans [tls] si le réseau est privé
fault-no-addr = il manque [module] addr : le service écoute sur toutes les adresses, donc écrivez HOST:PORT où les autres le joignent
fault-vpn = [crypto] { $place } n'est pas une adresse du « vpn » { $vpn } : CRYPTO ne se joint que par ce réseau
fault-second-sqlite = [crypto] second doit rester vide avec SQLite : les deux jumeaux partagent le fichier de first ; deux machines demandent PostgreSQL
fault-place = [{ $section }] a la place de [{ $other }] : une instance est first, une second, les autres none
fault-addr = [{ $section }] a l'adresse de [{ $other }]
kind-app = un nom de 1 à 64 caractères parmi A-Z a-z 0-9 . _ -
kind-instance = un nom de 1 à 32 caractères parmi A-Z a-z 0-9 . _ -
kind-role = un rôle : PPPX, LB, AAR, SR, TOPUP, GATEWAY ou CONSOLE
kind-listed-role = un rôle : PPPX, LB, AAR, SR, TOPUP ou GATEWAY
kind-listen = une adresse IP et un port, comme 127.0.0.1:8402
kind-peer = HOST:PORT, comme 10.0.0.2:8402
kind-database = sqlite:///FICHIER ou postgres://HOST:PORT/NOM, sans mot de passe
kind-ip = une adresse IP, comme 192.168.8.1
kind-network = un réseau, comme 10.9.0.0/24
kind-path = un fichier ou un dossier
kind-seconds = un nombre entier de secondes, de { $min } à { $max }
kind-millis = un nombre entier de millisecondes, de { $min } à { $max }
kind-count = un nombre entier, de { $min } à { $max }
kind-flag = yes ou no
kind-word = un mot parmi { $words }
kind-zone = un fuseau horaire, comme Africa/Douala
kind-epoch = un nombre entier
kind-time = un instant, comme 2026-11-20T08:00:00.000Z
kind-weight = un nombre de 0.1 à 10
kind-digest = 64 chiffres hexadécimaux
kind-principal = le nom d'un principal : 1 à 64 caractères parmi A-Z a-z 0-9 . _ -
kind-routes = des verbes qui ne font que lire, comme boxes/list servers/list
kind-dial = ce qui se compose, comme *126*{"{"}code{"}"}# : des 0-9 * #, et {"{"}code{"}"} une fois
kind-code-form = une longueur comme 14 ou 12-16, de 4 à 32, puis, si pas tous, les chiffres : 14 1-9

## Formes

form-length = il faut { $wanted } caractères, il y en a { $found }
form-lengths = il faut de { $min } à { $max } caractères, il y en a { $found }
form-character = le caractère { $at } n'est pas permis
rule-url = elle doit commencer par sqlite:/// ou postgres://
rule-colon = il manque le deux-points
rule-port-missing = il manque le port (HOST:PORT)
rule-space = il y a des espaces autour
rule-credentials = un nom ou un mot de passe n'y a pas sa place
rule-group = c'est une adresse de groupe
rule-zeros = il n'y a que des zéros
rule-number = ce n'est pas un nombre entier
rule-json = ce n'est pas un objet JSON
rule-uuid = ce n'est pas un UUID
rule-pem = ce n'est pas un certificat PEM
rule-day = ce n'est pas un jour du calendrier (AAAA-MM-JJ)
rule-decimal = ce n'est pas un nombre de trois décimales au plus
rule-result = ce n'est pas un mot de résultat
rule-right = ce n'est pas un droit (record activate rekey topup sell print read support audit relay admin module:RÔLE)
rule-kind = ce n'est pas une sorte (module, operator, shop, app, developer)
rule-module-right = un module a un seul droit, module:RÔLE
rule-module-alone = un droit module:RÔLE n'est que pour un module
rule-role = ce n'est pas un rôle (PPPX, LB, AAR, SR ou TOPUP)
rule-server-state = ce n'est pas un état de serveur
rule-socket = ce n'est pas une adresse IP, un deux-points et un port
rule-network = ce n'est pas une adresse IP, une barre et la longueur du préfixe
rule-integer = ce n'est pas un entier de 64 bits
rule-base64 = ce n'est pas du base64url sans remplissage
rule-rulings = il faut ce que les opérateurs ont dit des serveurs, comme un LB le dit à l'autre
rule-weight = il faut un nombre de 0.1 à 10
rule-no-database = le nom de la base manque
rule-prefix = l'adresse a des bits au-delà du préfixe
rule-absolute = le fichier doit être un chemin entier, comme /var/lib/ngondo/report-1.db
rule-host = l'hôte n'est ni un nom ni une adresse
rule-client = ce n'est ni address, ni msisdn, ni box
rule-port = le port doit être de 1 à 65535
syntax-reader = deux lectures du fichier ne s'accordent pas ; simplifiez cette partie
syntax-control = elle a un caractère de contrôle
syntax-backslash = elle finit par une barre oblique inverse
syntax-unclosed = le nom de la section n'est pas fermé par « ] »
syntax-behind = rien ne peut suivre le « ] » de la section
syntax-no-name = la section n'a pas de nom
syntax-line = ni [section], ni « clé = valeur », ni commentaire
syntax-no-key = il n'y a pas de clé avant le « = »

## Raisons des serveurs

detail = {"  "}Détail : { $why }
reason-state = la box est en état { $state }
reason-field = { $field } : { $cause }
reason-detail = « { $raw } »
reason-no-toki = aucun toki ne l'accompagnait
reason-revoked = ce principal a été révoqué
reason-no-principal = aucun principal ne porte ce nom
reason-newer-key = ce principal a reçu une nouvelle clé ; le fichier employé ne vaut plus rien
reason-rights-unknown = les droits de personne ne sont encore connus : aucun AAR n'a répondu
reason-right = il y faut un de ces droits : { $rights }
reason-missing = il manque
reason-not-text = ce n'est pas un texte
reason-not-flag = ce n'est ni true ni false
reason-zero = c'est zéro
reason-over = ce jour est passé
reason-in-stock = il était déjà en stock
reason-not-done = pas encore faite ; relancez la même commande
reason-no-box = cette box n'existe pas
reason-no-voucher = ce numéro de série n'existe pas
reason-batch-created = il n'est ni imprimé ni actif
reason-batch-printed = il est imprimé et pas encore actif
reason-active = il est actif
reason-frozen = il est gelé
reason-closed = il est fermé
reason-unsold = il n'est pas vendu
reason-sold = il est vendu
reason-redeemed = il a servi
reason-is-void = il est annulé
reason-not-yours = elle n'est pas à vous
reason-no-batch = aucun lot de ce numéro
reason-unfinished = tous ses codes ne sont pas encore tirés : relancez « vouchers generate »
reason-printed = il a déjà été imprimé
reason-not-for-sale = cette carte n'est pas à vendre ici maintenant
reason-limit = plus que son plafond du jour
reason-too-late = il est vendu depuis plus de 30 minutes
reason-operator = il n'a pas de ligne dans [operators] de topup.ini
reason-counter = le guichet n'a pas de série à lui
reason-not-known = il n'est pas connu
reason-used = il a déjà servi
reason-void = il a été annulé
reason-past = sa date est passée
reason-mistyped = un chiffre est faux
reason-earlier = une ligne précédente a la même clé
reason-tags-full = la box a autant d'étiquettes que possible
reason-not-unique = elle ne distingue pas cette clé d'autres ; donnez son IMEI
reason-serial-differs = cet IMEI est enregistré avec un autre
reason-key-retired = cette clé est retirée du service
reason-key-stolen = cette clé est déclarée volée
reason-missing-imei = elle manque, et l'IMEI aussi
reason-wait = trop d'essais faux, il faut attendre
reason-other-sale = elle a déjà servi à une autre vente
reason-other-verb = elle a déjà servi à un autre verbe
reason-unrecorded = la demande n'a pas pu être notée ; relancez la même commande

## Noms de champs

field-changed = changé
field-changed_by = par
field-name = nom
field-number = numéro
field-rights = droits
field-amount = valeur
field-batch = lot
field-cancelled = annulés
field-count = commandés
field-frozen = gelés
field-generated = générés
field-left = laissés
field-from = de
field-limit = plafond du jour
field-made = tirés
field-money = argent
field-redeemed = utilisés
field-refunded = remboursés
field-sold = vendus
field-unsold = invendus
field-void = annulés pour toujours
field-vouchers = bons
field-auths = authentifications
field-box = box
field-boxes = box
field-code = code
field-created = inscrite le
field-credit = crédit
field-currency = monnaie
field-day = jour
field-expired = périmés
field-expires = expire
field-first = première
field-free = libres
field-fw = logiciel
field-given = donnés
field-good = bonnes
field-group = groupe
field-iccid = carte SIM
field-imei = IMEI
field-imsi = IMSI
field-kind = sorte
field-label = étiquette
field-macaddr = adresse MAC
field-model = modèle
field-msisdn = téléphone
field-online_s = secondes en ligne
field-open = dus
field-pubkey = clé publique
field-operator = opérateur
field-reason = raison
field-redeemed_at = utilisé le
field-rekey = nouveau secret
field-replaced_by = remplacée par
field-replaces = remplace
field-serial = numéro de série
field-shop = boutique
field-sold_at = vendu le
field-sold_by = vendu par
field-state = état
field-subscriber = abonné
field-tag = étiquette
field-tags = étiquettes
field-until = jusqu'au
field-asked_by = demandé par
field-last = vue la dernière fois
field-subject = sujet
field-time = heure
field-times = fois
field-verb = verbe
field-what = quoi
field-who = qui
field-addr = adresse
field-behind_first = retard REPORT 1, s
field-behind_second = retard REPORT 2, s
field-cpu_permille = processeur ‰
field-epoch = carte
field-errors = erreurs
field-first_for = premier pour
field-heard_s = entendu il y a, s
field-inflight = en cours
field-instance = serveur
field-last_beat = dernier INIT
field-listed_weight = poids de l'inventaire
field-place = place
field-queue_us = attente, µs
field-rate = demandes/s
field-role = rôle
field-rows = lignes
field-score = poids selon les lignes
field-serves = sert
field-service_us = travail, µs
field-since = depuis
field-util = charge
field-weight = poids
field-why = pourquoi

## Alertes et audit

alerts-none = Aucune alerte.
alert-acked = Alerte { $number } : prise en charge.
alert-unknown = Il n'y a pas d'alerte { $number }.
    .safe = Rien n'a changé.
    .next = ngondo alerts list montre leurs numéros.
alert-before = Quelqu'un a pris l'alerte { $number } en charge avant vous.
    .safe = Rien n'a changé.
    .next = ngondo alerts list --all montre qui ; parlez-lui avant d'agir.
alert-stock-low = il reste { $free } codes de recharge à vendre, moins de { $low } : achetez-en
alert-wrong-codes = { $wrong } codes faux sur { $all } depuis une heure : quelqu'un essaie peut-être d'en deviner
alert-crowd = plus de { $limit } codes faux en une minute : quelqu'un essaie d'en deviner
alert-identity = une clé prétend être cette box
alert-counter = le compteur de la box a sauté : elle a peut-être été copiée
alert-places = la box s'authentifie de deux endroits : elle a peut-être été copiée
audit-none = Aucun changement.
audit-whole = { $rows ->
        [0] Le journal d'audit est vide.
        [one] Le journal d'audit est entier : { $rows } ligne.
       *[other] Le journal d'audit est entier : { $rows } lignes.
    }
audit-since = Il contient toujours la ligne { $number } telle qu'elle était à la dernière vérification.
audit-mark = Pour le prouver plus tard, notez : { $mark }
audit-broken = Le journal d'audit n'est pas entier : { $cause }.
    .safe = Les lignes d'avant cet endroit sont telles qu'elles ont été écrites.
    .next = Gardez une copie de la base, cherchez le changement dans les sauvegardes et dans REPORT (chaque ligne a son bridge), et trouvez qui peut écrire dans la base.
audit-changed = la ligne { $number } a été changée, ou celle d'avant
audit-missing = la ligne { $number } manque
audit-cut = les lignes à partir de { $number } ont été coupées
audit-behind = la ligne { $number } a été ajoutée sans la clé
audit-head = sa fin n'a pas été scellée avec la clé de ce back office
audit-rewritten = La ligne { $number } n'est pas celle qui était là à la dernière vérification.
    .safe = Le journal se suit, mais c'en est un autre : une vieille copie a été remise, ou le back office a été refait.
    .next = Si vous avez remis une sauvegarde ou refait le back office : ngondo audit verify --anew. Sinon, gardez une copie de la base et trouvez qui peut y écrire.
audit-unreadable = { $url } ne peut pas être lue : { $cause }.
    .safe = Rien n'a changé.
    .next = Vérifiez l'adresse et les droits.

## Remplacement et remboursement

refund-asked = Remboursement { $number } : ce montant demande une seconde personne.
    Pour décider : ngondo vouchers approve { $number }, ou decline { $number }
refund-replaced = Remplacé : donnez au client le numéro de série { $serial }, code { $code }
refund-used = Déjà remplacé par le numéro de série { $serial }, utilisé depuis.
refund-paid = Rendez { $amount } { $currency } au client ; le code ne vaut plus rien.
refund-approved = Remboursement { $number } : accordé. Qui l'a demandé reçoit le code en redemandant.
refund-declined = Remboursement { $number } : refusé.
refunds-none = Aucun remboursement.
reason-second = une autre personne doit décider
reason-credited = le réseau l'a crédité
reason-replacement = il a été donné pour un autre
reason-meanwhile = il a été utilisé depuis la demande
reason-no-number = ce numéro n'existe pas

## CSV

csv-no-file = { $file } n'est pas un fichier ordinaire.
    .safe = Rien n'a été fait.
    .next = Enregistrez la feuille comme fichier CSV et donnez son nom.
csv-empty = { $file } est vide.
    .safe = Rien n'a été fait.
    .next = Mettez le nom des colonnes sur la première ligne, puis une ligne par entrée.
csv-too-many-lines = { $file } a plus de { $most } lignes.
    .safe = Rien n'a été fait.
    .next = Coupez-le en plusieurs fichiers, chacun avec la première ligne, et donnez-les l'un après l'autre.
csv-bad-head = La première ligne de { $file } ne convient pas : { $cause }.
    .safe = Rien n'a été fait.
    .next = Voici les colonnes connues, dans un ordre quelconque : { $names }
csv-head-unknown = la colonne « { $name } » n'est pas connue
csv-head-twice = la colonne « { $name } » y est deux fois
csv-head-missing = la colonne « { $name } » manque
csv-too-long = la ligne est trop longue
csv-not-text = la ligne n'est pas un texte dans le codage du fichier
csv-quote = un guillemet n'est pas fermé
csv-columns = la ligne a plus de cases que la première
csv-formula = c'est une formule

## Serveurs et état

server-ruled = { $server } : { $state }. Les appelants suivent à leur prochain INIT, en moins d'une demi-minute.
server-unknown = Aucun serveur { $server } dans l'inventaire.
    .safe = Rien n'a changé.
    .next = ngondo servers list montre leurs noms.
server-last = { $server } est le dernier de son rôle à servir : son jumeau est retiré, mort, ou n'existe pas.
    .safe = Rien n'a changé.
    .next = Remettez d'abord le jumeau (ngondo servers ready), ou dites --force.
server-thawed = Le gel est terminé, sur les deux LB : ce qu'ils voient est publié maintenant.
server-not-frozen = La carte n'était pas gelée ; rien n'a changé.
status-head = { $lb }, carte { $epoch }, { $time }
status-agree = Les deux LB publient la même chose.
status-alone = L'autre LB n'a pas encore été entendu.
status-differ = Les LB ne sont pas d'accord depuis { $since } : { $what }
status-frozen = La carte est GELÉE jusqu'à { $until } au plus tard : { $why } (depuis { $since }). ngondo servers thaw y met fin.
status-database = REPORT { $place } : { $url }, lue il y a { $ago } s
status-unread = REPORT { $place } : { $url }, pas encore lue
status-problem = REPORT { $place } : { $url } NE PEUT PAS ÊTRE LUE : { $cause }
status-unlisted = Les lignes de serveurs absents de l'inventaire sont mises de côté : { $servers }
status-future = Des lignes venues du futur sont mises de côté ; vérifiez l'horloge de : { $servers }
why-frozen = { $why } ; on n'y croit pas, la carte est gelée
why-silent = muet depuis { $seconds } s
why-heard = entendu il y a { $seconds } s
why-role = tous les { $role } semblent morts
why-ruled = { $who } l'a dit
why-probes = ne répond pas aux sondes
why-flaps = va et vient
why-callers = ses appelants se plaignent
why-never = jamais entendu
why-itself = ce LB
why-many = plus de deux serveurs semblent morts ensemble
why-reports = aucune des deux bases REPORT ne peut être lue
