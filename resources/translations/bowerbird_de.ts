<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Bowerbird</source>
        <translation>Über Bowerbird</translation>
    </message>
    <message>
        <source>Plays your music and videos, learns what you like, and recommends from what is there. Everything stays on this machine.</source>
        <translation>Spielt deine Musik und Videos, lernt, was dir gefällt, und empfiehlt aus dem, was da ist. Alles bleibt auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Version {version}</source>
        <translation>Version {version}</translation>
    </message>
    <message>
        <source>Free software under the GNU General Public License, version 3 or later</source>
        <translation>Freie Software unter der GNU General Public License, Version 3 oder neuer</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>AboutSection</name>
    <message>
        <source>About</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>More…</source>
        <translation>Mehr …</translation>
    </message>
    <message>
        <source>More about Bowerbird</source>
        <translation>Mehr über Bowerbird</translation>
    </message>
    <message>
        <source>Bowerbird {version}</source>
        <translation>Bowerbird {version}</translation>
    </message>
    <message>
        <source>Free software under the GNU General Public License, version 3 or later.</source>
        <translation>Freie Software unter der GNU General Public License, Version 3 oder neuer.</translation>
    </message>
    <message>
        <source>It stands on Qt and PySide, PyTorch, LanceDB, SQLite, FFmpeg, mutagen and others; each has its own licence, which is installed beside it.</source>
        <translation>Es baut auf Qt und PySide, PyTorch, LanceDB, SQLite, FFmpeg, mutagen und anderen auf; jedes hat seine eigene Lizenz, die daneben liegt.</translation>
    </message>
</context>
<context>
    <name>AlbumsModel</name>
    <message>
        <source>tracks: {count}</source>
        <translation>Titel: {count}</translation>
    </message>
</context>
<context>
    <name>AppearanceSection</name>
    <message>
        <source>Appearance</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation>Wie der Desktop</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Takes effect when Bowerbird is started the next time.</source>
        <translation>Gilt ab dem nächsten Start von Bowerbird.</translation>
    </message>
    <message>
        <source>Reduced motion</source>
        <translation>Weniger Bewegung</translation>
    </message>
    <message>
        <source>Nothing glides; things jump.</source>
        <translation>Nichts gleitet, alles springt.</translation>
    </message>
    <message>
        <source>Keep playing in the tray when the window is closed</source>
        <translation>Weiterspielen, wenn das Fenster zu ist</translation>
    </message>
    <message>
        <source>Where the desktop has a tray.</source>
        <translation>Im Infobereich, wo der Desktop einen hat.</translation>
    </message>
</context>
<context>
    <name>BugReport</name>
    <message>
        <source>Something went wrong inside Bowerbird ({name}). It is written down in the log.</source>
        <translation>In Bowerbird ist etwas schiefgegangen ({name}). Es steht im Protokoll.</translation>
    </message>
</context>
<context>
    <name>Card</name>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Like</source>
        <translation>Gefällt mir</translation>
    </message>
    <message>
        <source>Dislike</source>
        <translation>Gefällt mir nicht</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Nicht jetzt</translation>
    </message>
    <message>
        <source>Take back like</source>
        <translation>„Gefällt mir“ zurücknehmen</translation>
    </message>
    <message>
        <source>Take back dislike</source>
        <translation>„Gefällt mir nicht“ zurücknehmen</translation>
    </message>
    <message>
        <source>Predicted: {score} of 100, give or take {deviation}</source>
        <translation>Prognose: {score} von 100, auf {deviation} genau</translation>
    </message>
</context>
<context>
    <name>CardWindow</name>
    <message>
        <source>My card</source>
        <translation>Meine Karte</translation>
    </message>
    <message>
        <source>The network is off. Switch it on, and your card is made here.</source>
        <translation>Das Netzwerk ist aus. Schalte es ein, dann entsteht hier deine Karte.</translation>
    </message>
    <message>
        <source>Your card is being made…</source>
        <translation>Deine Karte entsteht …</translation>
    </message>
    <message>
        <source>The card could not be saved: {why}</source>
        <translation>Die Karte konnte nicht gespeichert werden: {why}</translation>
    </message>
    <message>
        <source>Saved as {file}</source>
        <translation>Gespeichert als {file}</translation>
    </message>
    <message>
        <source>Your card is on the clipboard</source>
        <translation>Deine Karte ist in der Zwischenablage</translation>
    </message>
    <message>
        <source>Hand this to somebody who is to follow you</source>
        <translation>Gib das jemandem, der dir folgen soll</translation>
    </message>
    <message>
        <source>Your key</source>
        <translation>Dein Schlüssel</translation>
    </message>
    <message>
        <source>Your card, to be scanned</source>
        <translation>Deine Karte zum Scannen</translation>
    </message>
    <message>
        <source>Your card as a text</source>
        <translation>Deine Karte als Text</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Save as file…</source>
        <translation>Als Datei speichern …</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Your key: {key}</source>
        <translation>Dein Schlüssel: {key}</translation>
    </message>
    <message>
        <source>It holds your key, your name and, where it is known, this machine&apos;s address. Whoever has it can follow you and see what you publish, nothing else.</source>
        <translation>Darauf stehen dein Schlüssel, dein Name und, wenn bekannt, die Adresse dieses Rechners. Wer sie hat, kann dir folgen und sehen, was du veröffentlichst, sonst nichts.</translation>
    </message>
    <message>
        <source>It is too long for a QR code.</source>
        <translation>Für einen QR-Code ist sie zu lang.</translation>
    </message>
    <message>
        <source>Save your card</source>
        <translation>Deine Karte speichern</translation>
    </message>
    <message>
        <source>Card (*{suffix})</source>
        <translation>Karte (*{suffix})</translation>
    </message>
</context>
<context>
    <name>CarePage</name>
    <message>
        <source>Library care</source>
        <translation>Pflege</translation>
    </message>
    <message>
        <source>Work</source>
        <translation>Arbeit</translation>
    </message>
    <message>
        <source>Unreadable files</source>
        <translation>Unlesbare Dateien</translation>
    </message>
    <message>
        <source>Duplicates</source>
        <translation>Doppelte</translation>
    </message>
    <message>
        <source>{words} ({count})</source>
        <translation>{words} ({count})</translation>
    </message>
</context>
<context>
    <name>CareSection</name>
    <message>
        <source>Library care</source>
        <translation>Pflege</translation>
    </message>
    <message>
        <source>Work in progress</source>
        <translation>Laufende Arbeit</translation>
    </message>
    <message>
        <source>What is being read and listened to, and how long still.</source>
        <translation>Was gerade gelesen und gehört wird und wie lange noch.</translation>
    </message>
    <message>
        <source>Unreadable files</source>
        <translation>Unlesbare Dateien</translation>
    </message>
    <message>
        <source>Files that could not be read, and why.</source>
        <translation>Dateien, die nicht gelesen werden konnten, und warum.</translation>
    </message>
    <message>
        <source>Duplicates</source>
        <translation>Doppelte</translation>
    </message>
    <message>
        <source>The same recording more than once.</source>
        <translation>Dieselbe Aufnahme mehrmals.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open: {what}</source>
        <translation>Öffnen: {what}</translation>
    </message>
    <message>
        <source>If something seems broken, close Bowerbird and run “bowerbird doctor” in a terminal: it checks the library and its vectors and mends them.</source>
        <translation>Wenn etwas nicht stimmt, schließe Bowerbird und rufe „bowerbird doctor“ in einem Terminal auf: Es prüft die Bibliothek und ihre Vektoren und repariert sie.</translation>
    </message>
</context>
<context>
    <name>ChildBridge</name>
    <message>
        <source>{reason}; it is not started again</source>
        <translation>{reason}; es wird nicht neu gestartet</translation>
    </message>
</context>
<context>
    <name>Chip</name>
    <message>
        <source>Less like {title}; press for more</source>
        <translation>Weniger wie {title}; drücken für mehr</translation>
    </message>
    <message>
        <source>More like {title}; press for less</source>
        <translation>Mehr wie {title}; drücken für weniger</translation>
    </message>
    <message>
        <source>Leave out {title}</source>
        <translation>{title} weglassen</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>Weglassen</translation>
    </message>
</context>
<context>
    <name>Columns</name>
    <message>
        <source>#</source>
        <translation>#</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>Artist</source>
        <translation>Interpret</translation>
    </message>
    <message>
        <source>Album</source>
        <translation>Album</translation>
    </message>
    <message>
        <source>Genre</source>
        <translation>Genre</translation>
    </message>
    <message>
        <source>Year</source>
        <translation>Jahr</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Rating</source>
        <translation>Bewertung</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>Prognose</translation>
    </message>
    <message>
        <source>Plays</source>
        <translation>Gespielt</translation>
    </message>
    <message>
        <source>Last played</source>
        <translation>Zuletzt gespielt</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>Hinzugefügt</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Alike</source>
        <translation>Ähnlich</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
    <message>
        <source>Found by</source>
        <translation>Gefunden durch</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>today</source>
        <translation>heute</translation>
    </message>
    <message>
        <source>yesterday</source>
        <translation>gestern</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>Music</source>
        <translation>Musik</translation>
    </message>
</context>
<context>
    <name>Commands</name>
    <message>
        <source>Music</source>
        <translation>Musik</translation>
    </message>
    <message>
        <source>Playlist</source>
        <translation>Playlist</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Extras</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>Vorheriger Titel</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Nächster Titel</translation>
    </message>
    <message>
        <source>Stop after this one</source>
        <translation>Nach diesem anhalten</translation>
    </message>
    <message>
        <source>5 seconds back</source>
        <translation>5 Sekunden zurück</translation>
    </message>
    <message>
        <source>5 seconds forward</source>
        <translation>5 Sekunden vor</translation>
    </message>
    <message>
        <source>Louder</source>
        <translation>Lauter</translation>
    </message>
    <message>
        <source>Quieter</source>
        <translation>Leiser</translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>Stumm</translation>
    </message>
    <message>
        <source>Like what plays</source>
        <translation>Was läuft, gefällt mir</translation>
    </message>
    <message>
        <source>Dislike what plays</source>
        <translation>Was läuft, gefällt mir nicht</translation>
    </message>
    <message>
        <source>Private session</source>
        <translation>Private Sitzung</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>New playlist</source>
        <translation>Neue Playlist</translation>
    </message>
    <message>
        <source>Save queue as playlist</source>
        <translation>Warteschlange als Playlist speichern</translation>
    </message>
    <message>
        <source>Import playlist…</source>
        <translation>Playlist importieren …</translation>
    </message>
    <message>
        <source>Jump to what plays</source>
        <translation>Zu dem springen, was läuft</translation>
    </message>
    <message>
        <source>Shuffle</source>
        <translation>Zufällige Reihenfolge</translation>
    </message>
    <message>
        <source>Repeat</source>
        <translation>Von vorn</translation>
    </message>
    <message>
        <source>At the end, go on from taste</source>
        <translation>Am Ende nach Geschmack weiter</translation>
    </message>
    <message>
        <source>Clear queue</source>
        <translation>Warteschlange leeren</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Side bar</source>
        <translation>Seitenleiste</translation>
    </message>
    <message>
        <source>Now playing and queue</source>
        <translation>Was läuft und Warteschlange</translation>
    </message>
    <message>
        <source>Large video</source>
        <translation>Großes Video</translation>
    </message>
    <message>
        <source>Video on full screen</source>
        <translation>Video im Vollbild</translation>
    </message>
    <message>
        <source>Similar moments</source>
        <translation>Ähnliche Momente</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Look for changes</source>
        <translation>Nach Änderungen suchen</translation>
    </message>
    <message>
        <source>Try unreadable files again</source>
        <translation>Unlesbare Dateien noch einmal versuchen</translation>
    </message>
    <message>
        <source>Find duplicates</source>
        <translation>Doppelte suchen</translation>
    </message>
    <message>
        <source>Work in progress</source>
        <translation>Laufende Arbeit</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>About Bowerbird</source>
        <translation>Über Bowerbird</translation>
    </message>
</context>
<context>
    <name>CoverGrid</name>
    <message>
        <source>Covers</source>
        <translation>Cover</translation>
    </message>
</context>
<context>
    <name>CoverView</name>
    <message>
        <source>Cover</source>
        <translation>Cover</translation>
    </message>
</context>
<context>
    <name>DirectionBar</name>
    <message>
        <source>More of this, in words</source>
        <translation>Mehr davon, in Worten</translation>
    </message>
    <message>
        <source>more: calmer, piano</source>
        <translation>mehr: ruhiger, Klavier</translation>
    </message>
    <message>
        <source>Less of this, in words</source>
        <translation>Weniger davon, in Worten</translation>
    </message>
    <message>
        <source>less: drums, singing</source>
        <translation>weniger: Schlagzeug, Gesang</translation>
    </message>
    <message>
        <source>but</source>
        <translation>aber</translation>
    </message>
    <message>
        <source>no longer there</source>
        <translation>nicht mehr da</translation>
    </message>
    <message>
        <source>{count} others</source>
        <translation>{count} weitere</translation>
    </message>
</context>
<context>
    <name>DiscoverPage</name>
    <message>
        <source>Discover</source>
        <translation>Entdecken</translation>
    </message>
    <message>
        <source>Search what others offer: words, or what it sounds like; -word leaves out</source>
        <translation>In dem suchen, was andere anbieten: Wörter oder wie es klingt; -wort lässt weg</translation>
    </message>
    <message>
        <source>choosing for you…</source>
        <translation>wählt für dich aus …</translation>
    </message>
    <message>
        <source>1 more offer is from a stranger, and strangers have a few places each.</source>
        <translation>1 weiteres Angebot ist von einem Fremden; jeder Fremde hat nur wenige Plätze.</translation>
    </message>
    <message>
        <source>{count} more offers are from strangers, who have a few places each.</source>
        <translation>{count} weitere Angebote sind von Fremden; jeder hat nur wenige Plätze.</translation>
    </message>
    <message>
        <source>Choose a publisher above to see all of theirs, or follow somebody.</source>
        <translation>Wähle oben einen Anbieter, um alles von ihm zu sehen, oder folge jemandem.</translation>
    </message>
    <message>
        <source>1 offer</source>
        <translation>1 Angebot</translation>
    </message>
    <message>
        <source>{count} offers</source>
        <translation>{count} Angebote</translation>
    </message>
    <message>
        <source>{offers} · rate a few things, and these are ranked for you</source>
        <translation>{offers} · bewerte ein paar Stücke, dann wird für dich geordnet</translation>
    </message>
    <message>
        <source>trained on 1 rating</source>
        <translation>aus 1 Bewertung gelernt</translation>
    </message>
    <message>
        <source>trained on {count} ratings</source>
        <translation>aus {count} Bewertungen gelernt</translation>
    </message>
    <message>
        <source>{offers} · {trained}</source>
        <translation>{offers} · {trained}</translation>
    </message>
    <message>
        <source>No offers could be chosen: {what}</source>
        <translation>Es konnte nichts ausgewählt werden: {what}</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Follow somebody…</source>
        <translation>Jemandem folgen …</translation>
    </message>
    <message>
        <source>Choosing from {count} offers…</source>
        <translation>Wählt aus {count} Angeboten aus …</translation>
    </message>
    <message>
        <source>{count} offers are here, but none fits “{text}”.</source>
        <translation>{count} Angebote sind da, aber keines passt zu „{text}“.</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>Suche leeren</translation>
    </message>
    <message>
        <source>{count} offers are here, but none passes what is filtered.</source>
        <translation>{count} Angebote sind da, aber keines kommt durch den Filter.</translation>
    </message>
    <message>
        <source>Filter nothing</source>
        <translation>Nichts filtern</translation>
    </message>
    <message>
        <source>The network is starting…</source>
        <translation>Das Netzwerk startet …</translation>
    </message>
    <message>
        <source>Looking for a first contact; that takes a minute or two.</source>
        <translation>Sucht einen ersten Kontakt; das dauert ein, zwei Minuten.</translation>
    </message>
    <message>
        <source>In touch with the public directory; looking there for other Bowerbirds.</source>
        <translation>Mit dem öffentlichen Verzeichnis verbunden; sucht dort andere Bowerbirds.</translation>
    </message>
    <message>
        <source>Other Bowerbirds are there; their catalogues are fetched as they come.</source>
        <translation>Andere Bowerbirds sind da; ihre Kataloge werden geholt, wie sie kommen.</translation>
    </message>
    <message>
        <source>Nothing was found yet. {doing}</source>
        <translation>Noch ist nichts gefunden. {doing}</translation>
    </message>
    <message>
        <source>Whom you follow comes first: a friend’s card is all it takes.</source>
        <translation>Wem du folgst, der kommt zuerst: Die Karte eines Freundes genügt.</translation>
    </message>
    <message>
        <source>The network could not be switched on: {error}</source>
        <translation>Das Netzwerk ließ sich nicht einschalten: {error}</translation>
    </message>
</context>
<context>
    <name>DownloadTable</name>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
</context>
<context>
    <name>DownloadsModel</name>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>How it is</source>
        <translation>Stand</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>Restzeit</translation>
    </message>
    <message>
        <source>Peers</source>
        <translation>Peers</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>{share} %</source>
        <translation>{share} %</translation>
    </message>
    <message>
        <source>being compared with what was promised</source>
        <translation>wird am Versprochenen geprüft</translation>
    </message>
    <message>
        <source>{state}: {reason}</source>
        <translation>{state}: {reason}</translation>
    </message>
    <message>
        <source>given to others: {amount}</source>
        <translation>weitergegeben: {amount}</translation>
    </message>
</context>
<context>
    <name>DownloadsPage</name>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Not enough of it is here to play yet</source>
        <translation>Zum Abspielen ist noch nicht genug davon da</translation>
    </message>
    <message>
        <source>There is no folder yet: it is made with the first download</source>
        <translation>Es gibt noch keinen Ordner: Er entsteht mit dem ersten Download</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Give to others</source>
        <translation>Weitergeben</translation>
    </message>
    <message>
        <source>Show in the library</source>
        <translation>In der Bibliothek zeigen</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Clear the finished</source>
        <translation>Fertige entfernen</translation>
    </message>
    <message>
        <source>Nothing was downloaded yet. What you choose under Discover comes here, and then into your library.</source>
        <translation>Noch ist nichts heruntergeladen. Was du unter „Entdecken“ auswählst, kommt hierher und dann in deine Bibliothek.</translation>
    </message>
    <message>
        <source>Discover…</source>
        <translation>Entdecken …</translation>
    </message>
    <message>
        <source>About this download</source>
        <translation>Über diesen Download</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Take out of the list</source>
        <translation>Aus der Liste nehmen</translation>
    </message>
    <message>
        <source>Give no longer</source>
        <translation>Nicht mehr weitergeben</translation>
    </message>
    <message>
        <source>no licence named</source>
        <translation>keine Lizenz genannt</translation>
    </message>
    <message>
        <source>from {name}</source>
        <translation>von {name}</translation>
    </message>
    <message>
        <source>1 under way</source>
        <translation>1 unterwegs</translation>
    </message>
    <message>
        <source>{count} under way</source>
        <translation>{count} unterwegs</translation>
    </message>
</context>
<context>
    <name>DuplicatesView</name>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Keep both</source>
        <translation>Beide behalten</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Noch einmal suchen</translation>
    </message>
    <message>
        <source>Duplicates</source>
        <translation>Doppelte</translation>
    </message>
    <message>
        <source>Title or file</source>
        <translation>Titel oder Datei</translation>
    </message>
    <message>
        <source>Artist</source>
        <translation>Interpret</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Find recordings that are in your library more than once. Nothing is deleted.</source>
        <translation>Findet Aufnahmen, die mehrmals in deiner Bibliothek sind. Gelöscht wird nichts.</translation>
    </message>
    <message>
        <source>Find duplicates</source>
        <translation>Doppelte suchen</translation>
    </message>
    <message>
        <source>Comparing everything with everything…</source>
        <translation>Alles wird mit allem verglichen …</translation>
    </message>
    <message>
        <source>{title}: one recording in {count} files</source>
        <translation>{title}: eine Aufnahme in {count} Dateien</translation>
    </message>
    <message>
        <source>{likeness} % alike</source>
        <translation>zu {likeness} % gleich</translation>
    </message>
    <message>
        <source>1 found</source>
        <translation>1 gefunden</translation>
    </message>
    <message>
        <source>{count} found</source>
        <translation>{count} gefunden</translation>
    </message>
    <message>
        <source>Nothing is there twice.</source>
        <translation>Nichts ist doppelt.</translation>
    </message>
    <message>
        <source>Both are kept; the pair is left out of this list</source>
        <translation>Beide bleiben; das Paar steht nicht mehr in dieser Liste</translation>
    </message>
</context>
<context>
    <name>EncoderCard</name>
    <message>
        <source>recommended</source>
        <translation>empfohlen</translation>
    </message>
    <message>
        <source>Install from</source>
        <translation>Installieren aus</translation>
    </message>
    <message>
        <source>A folder…</source>
        <translation>einem Ordner …</translation>
    </message>
    <message>
        <source>A file of weights…</source>
        <translation>einer Datei mit Gewichten …</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>What has arrived is kept.</source>
        <translation>Was angekommen ist, bleibt.</translation>
    </message>
    <message>
        <source>Progress: {encoder}</source>
        <translation>Fortschritt: {encoder}</translation>
    </message>
    <message>
        <source>Waits until the other one is done.</source>
        <translation>Wartet, bis der andere fertig ist.</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>Being checked and tried…</source>
        <translation>Wird geprüft und erprobt …</translation>
    </message>
    <message>
        <source>Asking for it…</source>
        <translation>Wird angefragt …</translation>
    </message>
    <message>
        <source>Reading the files…</source>
        <translation>Die Dateien werden gelesen …</translation>
    </message>
    <message>
        <source>Search by words is ready.</source>
        <translation>Die Suche mit Wörtern ist bereit.</translation>
    </message>
    <message>
        <source>Being tried: does it know what it hears or sees?</source>
        <translation>Wird erprobt: Weiß er, was er hört oder sieht?</translation>
    </message>
    <message>
        <source>Being removed…</source>
        <translation>Wird entfernt …</translation>
    </message>
    <message>
        <source>Being worked on…</source>
        <translation>Wird bearbeitet …</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Get</source>
        <translation>Holen</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>Erneut prüfen</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen …</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Fewer details</source>
        <translation>Weniger Einzelheiten</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Details: {encoder}</source>
        <translation>Einzelheiten: {encoder}</translation>
    </message>
    <message>
        <source>Comes from: {place}</source>
        <translation>Kommt von: {place}</translation>
    </message>
    <message>
        <source>Revision: the newest; the one first taken is kept to.</source>
        <translation>Fassung: die neueste; bei der zuerst geholten bleibt es.</translation>
    </message>
    <message>
        <source>Who vouches for its files: {who}</source>
        <translation>Wer für seine Dateien bürgt: {who}</translation>
    </message>
    <message>
        <source>Its space: {space}</source>
        <translation>Sein Raum: {space}</translation>
    </message>
    <message>
        <source>Files for a folder of it: {files}</source>
        <translation>Dateien für einen Ordner damit: {files}</translation>
    </message>
    <message>
        <source>And whichever of these there are: {files}</source>
        <translation>Dazu, was es von diesen gibt: {files}</translation>
    </message>
    <message>
        <source>The weights must have the digest (SHA-256) that this program knows.</source>
        <translation>Die Gewichte müssen die Prüfsumme (SHA-256) haben, die dieses Programm kennt.</translation>
    </message>
</context>
<context>
    <name>Encoders</name>
    <message>
        <source>Knows what pictures, covers and videos show, and finds them by words. The best of the quick ones.</source>
        <translation>Weiß, was Bilder, Cover und Videos zeigen, und findet sie mit Wörtern. Der beste der schnellen.</translation>
    </message>
    <message>
        <source>Knows what music and sounds are, and finds them by words.</source>
        <translation>Weiß, was Musik und Klänge sind, und findet sie mit Wörtern.</translation>
    </message>
    <message>
        <source>As ViT-B-32-256, a third quicker and a little less exact.</source>
        <translation>Wie ViT-B-32-256, ein Drittel schneller und etwas ungenauer.</translation>
    </message>
    <message>
        <source>As ViT-B-32-256, a third quicker, trained on other pictures.</source>
        <translation>Wie ViT-B-32-256, ein Drittel schneller, mit anderen Bildern trainiert.</translation>
    </message>
    <message>
        <source>Smaller to download and sees finer detail, at a quarter of the speed.</source>
        <translation>Kleiner herunterzuladen und sieht feinere Einzelheiten, bei einem Viertel der Geschwindigkeit.</translation>
    </message>
    <message>
        <source>Installed by hand: for sound and words.</source>
        <translation>Von Hand installiert: für Klang und Wörter.</translation>
    </message>
    <message>
        <source>Installed by hand: for pictures and words.</source>
        <translation>Von Hand installiert: für Bilder und Wörter.</translation>
    </message>
    <message>
        <source>{size} on the disk</source>
        <translation>{size} auf der Platte</translation>
    </message>
    <message>
        <source>{size} to download</source>
        <translation>{size} herunterzuladen</translation>
    </message>
    <message>
        <source>licence {licence}</source>
        <translation>Lizenz {licence}</translation>
    </message>
    <message>
        <source>licence not known: look before you use it</source>
        <translation>Lizenz unbekannt: vor der Nutzung nachsehen</translation>
    </message>
    <message>
        <source>for music, sounds and films&apos; sound tracks</source>
        <translation>für Musik, Klänge und Tonspuren von Filmen</translation>
    </message>
    <message>
        <source>for covers and films</source>
        <translation>für Cover und Filme</translation>
    </message>
    <message>
        <source>hears {rate} times as fast as it plays</source>
        <translation>hört {rate}-mal so schnell, wie es spielt</translation>
    </message>
    <message>
        <source>sees {rate} pictures a second</source>
        <translation>sieht {rate} Bilder in der Sekunde</translation>
    </message>
    <message>
        <source>on {device}</source>
        <translation>auf {device}</translation>
    </message>
    <message>
        <source>{size} of memory while it works</source>
        <translation>{size} Arbeitsspeicher bei der Arbeit</translation>
    </message>
    <message>
        <source>Measured here: {measured}</source>
        <translation>Hier gemessen: {measured}</translation>
    </message>
    <message>
        <source>Has heard all of your library ({wanted}).</source>
        <translation>Hat alle {wanted} Stücke deiner Bibliothek gehört.</translation>
    </message>
    <message>
        <source>Has seen all of your library ({wanted}).</source>
        <translation>Hat alle {wanted} Stücke deiner Bibliothek gesehen.</translation>
    </message>
    <message>
        <source>Has heard {encoded} of your library&apos;s {wanted}; goes on in the background.</source>
        <translation>Hat {encoded} von {wanted} Stücken deiner Bibliothek gehört; macht im Hintergrund weiter.</translation>
    </message>
    <message>
        <source>Has seen {encoded} of your library&apos;s {wanted}; goes on in the background.</source>
        <translation>Hat {encoded} von {wanted} Stücken deiner Bibliothek gesehen; macht im Hintergrund weiter.</translation>
    </message>
    <message>
        <source>it put {hits} of {asked} sounds to their own words</source>
        <translation>er hat {hits} von {asked} Klängen die richtigen Wörter zugeordnet</translation>
    </message>
    <message>
        <source>it put {hits} of {asked} pictures to their own words</source>
        <translation>er hat {hits} von {asked} Bildern die richtigen Wörter zugeordnet</translation>
    </message>
    <message>
        <source>In use. It behaves as trained{proof}.</source>
        <translation>In Gebrauch. Er verhält sich wie trainiert{proof}.</translation>
    </message>
    <message>
        <source>Installed, but not used.</source>
        <translation>Installiert, wird aber nicht benutzt.</translation>
    </message>
    <message>
        <source>{arrived} of {size} have arrived; “Go on” fetches the rest.</source>
        <translation>{arrived} von {size} sind angekommen; „Weiter“ holt den Rest.</translation>
    </message>
    <message>
        <source>It does not behave as trained: {hits} of {asked} were put to their own words. Search by words would guess, so it is left out. Remove it, and get it again or from elsewhere.</source>
        <translation>Er verhält sich nicht wie trainiert: {hits} von {asked} wurden ihren eigenen Wörtern zugeordnet. Die Suche mit Wörtern würde raten, deshalb bleibt er unbenutzt. Entferne ihn und hol ihn erneut oder anderswoher.</translation>
    </message>
    <message>
        <source>It was not tried yet. “Check” tries it.</source>
        <translation>Er wurde noch nicht erprobt. „Prüfen“ erprobt ihn.</translation>
    </message>
    <message>
        <source>What lies there is not whole. Remove it, then get it again.</source>
        <translation>Was da liegt, ist nicht vollständig. Entferne es und hol es erneut.</translation>
    </message>
    <message>
        <source>The place it comes from cannot be reached: is this computer online? What has arrived is kept. Without the internet, bring it as a folder and install it from there.</source>
        <translation>Der Ort, von dem er kommt, ist nicht zu erreichen: Ist dieser Rechner online? Was angekommen ist, bleibt. Ohne Internet bring ihn als Ordner her und installiere ihn von dort.</translation>
    </message>
    <message>
        <source>The place it comes from does not give it (any longer, or not to everybody). Try again another day, or install it from a folder.</source>
        <translation>Der Ort, von dem er kommt, gibt ihn nicht (mehr, oder nicht jedem). Versuch es an einem anderen Tag, oder installiere ihn aus einem Ordner.</translation>
    </message>
    <message>
        <source>A file is not the one it should be, so nothing of it was used. Try again; if it stays so, what is offered there is not what this program knows.</source>
        <translation>Eine Datei ist nicht die, die sie sein sollte; nichts davon wurde benutzt. Versuch es erneut; bleibt es so, ist das dort Angebotene nicht das, was dieses Programm kennt.</translation>
    </message>
    <message>
        <source>This is not an encoder, or not all of one. “Details” names the files that belong into one folder.</source>
        <translation>Das ist kein Encoder oder kein vollständiger. „Einzelheiten“ nennt die Dateien, die in einen Ordner gehören.</translation>
    </message>
    <message>
        <source>There is not enough room on the disk. Make some, then try again.</source>
        <translation>Auf der Platte ist nicht genug Platz. Schaff welchen und versuch es erneut.</translation>
    </message>
    <message>
        <source>There is not enough room on the disk: about {size} must be free. Make some, then try again.</source>
        <translation>Auf der Platte ist nicht genug Platz: Etwa {size} müssen frei sein. Schaff welchen und versuch es erneut.</translation>
    </message>
    <message>
        <source>Another encoder is just being installed. Try again when that is done.</source>
        <translation>Gerade wird ein anderer Encoder installiert. Versuch es erneut, wenn das fertig ist.</translation>
    </message>
    <message>
        <source>this program: its digest (SHA-256) is the one published for this revision</source>
        <translation>dieses Programm: Die Prüfsumme (SHA-256) ist die für diese Fassung veröffentlichte</translation>
    </message>
    <message>
        <source>the model hub&apos;s own record at the first download, kept since</source>
        <translation>das eigene Verzeichnis des Modell-Hubs beim ersten Herunterladen, seither bewahrt</translation>
    </message>
    <message>
        <source>the model hub&apos;s record (of git) at the first download, kept since</source>
        <translation>das Git-Verzeichnis des Modell-Hubs beim ersten Herunterladen, seither bewahrt</translation>
    </message>
    <message>
        <source>nobody but whoever gave the files</source>
        <translation>niemand außer dem, der die Dateien gab</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemand</translation>
    </message>
</context>
<context>
    <name>EncodersSection</name>
    <message>
        <source>Encoders</source>
        <translation>Encoder</translation>
    </message>
    <message>
        <source>Encoders turn sound and pictures into numbers, so that what is alike lies close together. All of it happens on this machine.</source>
        <translation>Encoder machen aus Klang und Bildern Zahlen, sodass Ähnliches nah beieinander liegt. All das geschieht auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Remove an encoder</source>
        <translation>Einen Encoder entfernen</translation>
    </message>
    <message>
        <source>Remove {encoder}?</source>
        <translation>{encoder} entfernen?</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Learned encoders: search by words</source>
        <translation>Gelernte Encoder: mit Wörtern suchen</translation>
    </message>
    <message>
        <source>What is built in knows what sounds and looks alike. A learned encoder also knows what it is: type “rainy night piano” or “people dancing on a beach” and find it, in your library, in moments of films and in what others offer. One for sound and one for pictures are enough. They understand English best, and help your recommendations, too.</source>
        <translation>Das Eingebaute weiß, was ähnlich klingt und aussieht. Ein gelernter Encoder weiß auch, was es ist: Gib „rainy night piano“ oder „people dancing on a beach“ ein, und es findet sich, in deiner Bibliothek, in Momenten von Filmen und in dem, was andere anbieten. Einer für Klang und einer für Bilder genügen. Sie verstehen Englisch am besten und helfen auch deinen Empfehlungen.</translation>
    </message>
    <message>
        <source>“Get” fetches an encoder once from {place}, directly, not through the proxy of the network&apos;s settings; that server then sees this machine&apos;s internet address, and nothing of your library. What comes is checked before it is used. From then on it works without any network.</source>
        <translation>„Holen“ lädt einen Encoder einmal von {place}, direkt, nicht durch den Proxy der Netzwerkeinstellungen; dieser Server sieht dann die Internetadresse dieses Rechners und nichts von deiner Bibliothek. Was kommt, wird vor der Nutzung geprüft. Von da an geht es ganz ohne Netz.</translation>
    </message>
    <message>
        <source>Others to choose from</source>
        <translation>Weitere zur Auswahl</translation>
    </message>
    <message>
        <source>The studio is asked which there are…</source>
        <translation>Das Studio wird gefragt, welche es gibt …</translation>
    </message>
    <message>
        <source>Without the internet</source>
        <translation>Ohne Internet</translation>
    </message>
    <message>
        <source>On a computer that is online, open the place that “Details” names and save the files listed there in one folder, or take the encoder&apos;s folder from another Bowerbird (in “encoders” of its profile). Bring it here, on a stick, say, and install it. It is checked and tried like one that was fetched.</source>
        <translation>Öffne auf einem Rechner, der online ist, den Ort, den „Einzelheiten“ nennt, und speichere die dort aufgezählten Dateien in einem Ordner, oder nimm den Ordner des Encoders von einem anderen Bowerbird (unter „encoders“ in dessen Profil). Bring ihn her, etwa auf einem Stick, und installiere ihn. Er wird geprüft und erprobt wie ein geholter.</translation>
    </message>
    <message>
        <source>Install from a folder…</source>
        <translation>Aus einem Ordner installieren …</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop installing</source>
        <translation>Das Installieren anhalten</translation>
    </message>
    <message>
        <source>Built in, always in use</source>
        <translation>Eingebaut, immer in Gebrauch</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>Klang</translation>
    </message>
    <message>
        <source>860 numbers a track: timbre, rhythm, harmony. No download.</source>
        <translation>860 Zahlen je Titel: Klangfarbe, Rhythmus, Harmonie. Kein Download.</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>1,543 numbers a picture: colour, shape, layout. No download.</source>
        <translation>1.543 Zahlen je Bild: Farbe, Form, Aufbau. Kein Download.</translation>
    </message>
    <message>
        <source>Words</source>
        <translation>Wörter</translation>
    </message>
    <message>
        <source>512 numbers from title, artist, album and genre. No download.</source>
        <translation>512 Zahlen aus Titel, Interpret, Album und Genre. Kein Download.</translation>
    </message>
    <message>
        <source>They compute on: {device}</source>
        <translation>Sie rechnen auf: {device}</translation>
    </message>
    <message>
        <source>It is installed, and stands above.</source>
        <translation>Er ist installiert und steht oben.</translation>
    </message>
    <message>
        <source>Waits until the other one is done.</source>
        <translation>Wartet, bis der andere fertig ist.</translation>
    </message>
    <message>
        <source>Reading the files…</source>
        <translation>Die Dateien werden gelesen …</translation>
    </message>
    <message>
        <source>{encoder} is being checked and tried…</source>
        <translation>{encoder} wird geprüft und erprobt …</translation>
    </message>
    <message>
        <source>{size} on the disk is freed.</source>
        <translation>{size} auf der Platte werden frei.</translation>
    </message>
    <message>
        <source>What it has encoded is deleted too ({count}).</source>
        <translation>Was er kodiert hat, wird ebenfalls gelöscht ({count}).</translation>
    </message>
    <message>
        <source>Search by words then no longer knows what something sounds like.</source>
        <translation>Die Suche mit Wörtern weiß dann nicht mehr, wie etwas klingt.</translation>
    </message>
    <message>
        <source>Search by words then no longer knows what pictures and films show.</source>
        <translation>Die Suche mit Wörtern weiß dann nicht mehr, was Bilder und Filme zeigen.</translation>
    </message>
    <message>
        <source>Your library, your ratings and what is built in stay as they are.</source>
        <translation>Deine Bibliothek, deine Bewertungen und das Eingebaute bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>The folder that holds an encoder&apos;s files</source>
        <translation>Der Ordner mit den Dateien eines Encoders</translation>
    </message>
    <message>
        <source>An encoder&apos;s weights</source>
        <translation>Die Gewichte eines Encoders</translation>
    </message>
    <message>
        <source>Weights (*.safetensors *.bin *.pt)</source>
        <translation>Gewichte (*.safetensors *.bin *.pt)</translation>
    </message>
</context>
<context>
    <name>Fetching</name>
    <message>
        <source>Nobody offers this any longer</source>
        <translation>Das bietet niemand mehr an</translation>
    </message>
    <message>
        <source>The network is off</source>
        <translation>Das Netzwerk ist aus</translation>
    </message>
    <message>
        <source>Switch it on under Discover or in the settings.</source>
        <translation>Schalte es unter „Entdecken“ oder in den Einstellungen ein.</translation>
    </message>
</context>
<context>
    <name>FilmStrip</name>
    <message>
        <source>Moments of this film</source>
        <translation>Momente dieses Films</translation>
    </message>
    <message>
        <source>Go to {time}</source>
        <translation>Zu {time} springen</translation>
    </message>
    <message>
        <source>Similar moments</source>
        <translation>Ähnliche Momente</translation>
    </message>
    <message>
        <source>Moment {number} of {count}, at {time}</source>
        <translation>Moment {number} von {count}, bei {time}</translation>
    </message>
</context>
<context>
    <name>FilterBar</name>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Any licence</source>
        <translation>Jede Lizenz</translation>
    </message>
    <message>
        <source>Free to share</source>
        <translation>Frei weiterzugeben</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Any size</source>
        <translation>Jede Größe</translation>
    </message>
    <message>
        <source>up to {size}</source>
        <translation>bis {size}</translation>
    </message>
    <message>
        <source>Publisher</source>
        <translation>Anbieter</translation>
    </message>
    <message>
        <source>All publishers</source>
        <translation>Alle Anbieter</translation>
    </message>
    <message>
        <source>Only whom I follow</source>
        <translation>Nur wem ich folge</translation>
    </message>
    <message>
        <source>What else is shown or not</source>
        <translation>Was sonst gezeigt wird oder nicht</translation>
    </message>
    <message>
        <source>Show also what I have</source>
        <translation>Auch zeigen, was ich schon habe</translation>
    </message>
    <message>
        <source>{name} ({count})</source>
        <translation>{name} ({count})</translation>
    </message>
    <message>
        <source>Discover: {kind}</source>
        <translation>Entdecken: {kind}</translation>
    </message>
    <message>
        <source>Words never shown… ({count})</source>
        <translation>Ausgeschlossene Wörter … ({count})</translation>
    </message>
    <message>
        <source>Words never shown…</source>
        <translation>Ausgeschlossene Wörter …</translation>
    </message>
</context>
<context>
    <name>FoldersSection</name>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Look for changes now</source>
        <translation>Jetzt nach Änderungen suchen</translation>
    </message>
    <message>
        <source>Takes effect when Bowerbird is started the next time.</source>
        <translation>Gilt ab dem nächsten Start von Bowerbird.</translation>
    </message>
    <message>
        <source>Notice changed files by themselves</source>
        <translation>Geänderte Dateien von selbst bemerken</translation>
    </message>
    <message>
        <source>Take ratings from the files&apos; tags</source>
        <translation>Bewertungen aus den Tags der Dateien nehmen</translation>
    </message>
    <message>
        <source>Ratings you give here always win. {restart}</source>
        <translation>Was du hier bewertest, hat immer Vorrang. {restart}</translation>
    </message>
    <message>
        <source>No folder yet. Files stay where they are; Bowerbird only reads them.</source>
        <translation>Noch kein Ordner. Die Dateien bleiben, wo sie sind; Bowerbird liest sie nur.</translation>
    </message>
    <message>
        <source>removing a folder</source>
        <translation>Ordner entfernen</translation>
    </message>
    <message>
        <source>“{folder}” is no longer in the library; its ratings are kept</source>
        <translation>„{folder}“ ist nicht mehr in der Bibliothek; die Bewertungen bleiben</translation>
    </message>
    <message>
        <source>connected</source>
        <translation>verbunden</translation>
    </message>
    <message>
        <source>not connected</source>
        <translation>nicht verbunden</translation>
    </message>
    <message>
        <source>Remove {folder} from the library</source>
        <translation>{folder} aus der Bibliothek nehmen</translation>
    </message>
    <message>
        <source>Remove from the library; the files stay</source>
        <translation>Aus der Bibliothek nehmen; die Dateien bleiben</translation>
    </message>
    <message>
        <source>{count} tracks</source>
        <translation>{count} Titel</translation>
    </message>
    <message>
        <source>{count} videos</source>
        <translation>{count} Videos</translation>
    </message>
    <message>
        <source>{count} not connected</source>
        <translation>{count} nicht verbunden</translation>
    </message>
    <message>
        <source>{count} files could not be read</source>
        <translation>{count} Dateien konnten nicht gelesen werden</translation>
    </message>
</context>
<context>
    <name>FollowWindow</name>
    <message>
        <source>Follow somebody</source>
        <translation>Jemandem folgen</translation>
    </message>
    <message>
        <source>{file} cannot be read: {why}</source>
        <translation>{file} kann nicht gelesen werden: {why}</translation>
    </message>
    <message>
        <source>{file} is not a card.</source>
        <translation>{file} ist keine Karte.</translation>
    </message>
    <message>
        <source>Asking at {address}…</source>
        <translation>Fragt bei {address} …</translation>
    </message>
    <message>
        <source>Looking at it…</source>
        <translation>Wird angesehen …</translation>
    </message>
    <message>
        <source>Whom do you want to follow?</source>
        <translation>Wem möchtest du folgen?</translation>
    </message>
    <message>
        <source>Paste a card (it begins with “bowerbird:”), a key of 64 digits and letters, or an address such as host.example:7000. What somebody you follow publishes is fetched first and kept.</source>
        <translation>Füge eine Karte ein (sie beginnt mit „bowerbird:“), einen Schlüssel aus 64 Ziffern und Buchstaben oder eine Adresse wie host.example:7000. Was jemand veröffentlicht, dem du folgst, wird zuerst geholt und behalten.</translation>
    </message>
    <message>
        <source>Card, key or address</source>
        <translation>Karte, Schlüssel oder Adresse</translation>
    </message>
    <message>
        <source>Open a card&apos;s file…</source>
        <translation>Kartendatei öffnen …</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Folgen</translation>
    </message>
    <message>
        <source>This is a card.</source>
        <translation>Das ist eine Karte.</translation>
    </message>
    <message>
        <source>This is a key. Its newest card is looked up in the public directory.</source>
        <translation>Das ist ein Schlüssel. Seine neueste Karte wird im öffentlichen Verzeichnis gesucht.</translation>
    </message>
    <message>
        <source>This is an address. Whoever answers there is followed.</source>
        <translation>Das ist eine Adresse. Wer dort antwortet, dem folgst du.</translation>
    </message>
    <message>
        <source>This is neither a card, nor a key, nor an address with a port.</source>
        <translation>Das ist weder eine Karte noch ein Schlüssel noch eine Adresse mit Port.</translation>
    </message>
    <message>
        <source>Open a card</source>
        <translation>Karte öffnen</translation>
    </message>
    <message>
        <source>Cards (*{suffix});;All files (*)</source>
        <translation>Karten (*{suffix});;Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>ForYouPage</name>
    <message>
        <source>For You</source>
        <translation>Für dich</translation>
    </message>
    <message>
        <source>choosing for you…</source>
        <translation>wählt für dich aus …</translation>
    </message>
    <message>
        <source>Recommend: {kind}</source>
        <translation>Empfehlen: {kind}</translation>
    </message>
    <message>
        <source>adventure</source>
        <translation>Abenteuer</translation>
    </message>
    <message>
        <source>How far from home “Something different” goes</source>
        <translation>Wie weit „Etwas anderes“ sich hinauswagt</translation>
    </message>
    <message>
        <source>No recommendations: {what}</source>
        <translation>Keine Empfehlungen: {what}</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Rate a few of these</source>
        <translation>Bewerte einige davon</translation>
    </message>
    <message>
        <source>You will love</source>
        <translation>Das wirst du lieben</translation>
    </message>
    <message>
        <source>Something different</source>
        <translation>Etwas anderes</translation>
    </message>
    <message>
        <source>Forgotten favourites</source>
        <translation>Vergessene Lieblinge</translation>
    </message>
    <message>
        <source>More like {title}</source>
        <translation>Mehr wie {title}</translation>
    </message>
    <message>
        <source>More like this</source>
        <translation>Mehr davon</translation>
    </message>
    <message>
        <source>Like or dislike a few of these, and recommendations start with the first one.</source>
        <translation>Sag bei einigen, ob sie dir gefallen; schon nach der ersten Antwort wird empfohlen.</translation>
    </message>
    <message>
        <source>A good start. A few more likes and dislikes make the picks yours.</source>
        <translation>Ein guter Anfang. Noch ein paar Bewertungen, und die Auswahl ist deine.</translation>
    </message>
    <message>
        <source>trained on 1 rating</source>
        <translation>aus 1 Bewertung gelernt</translation>
    </message>
    <message>
        <source>trained on {count} ratings</source>
        <translation>aus {count} Bewertungen gelernt</translation>
    </message>
    <message>
        <source>{status} · re-ranked</source>
        <translation>{status} · neu geordnet</translation>
    </message>
    <message>
        <source>Bowerbird is still listening to your library; the first picks appear very soon.</source>
        <translation>Bowerbird hört noch in deine Bibliothek hinein; gleich kommt die erste Auswahl.</translation>
    </message>
    <message>
        <source>There are no videos to recommend yet.</source>
        <translation>Noch gibt es keine Videos zu empfehlen.</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Recommendations come from your own files. Begin with a folder of music or videos.</source>
        <translation>Empfohlen wird aus deinen eigenen Dateien. Beginne mit einem Ordner voll Musik oder Videos.</translation>
    </message>
</context>
<context>
    <name>Found</name>
    <message>
        <source>its words</source>
        <translation>Wörter</translation>
    </message>
    <message>
        <source>similar words</source>
        <translation>ähnliche Wörter</translation>
    </message>
    <message>
        <source>its sound</source>
        <translation>Klang</translation>
    </message>
    <message>
        <source>its picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>its cover</source>
        <translation>Cover</translation>
    </message>
    <message>
        <source>moment at {time}</source>
        <translation>Moment bei {time}</translation>
    </message>
    <message>
        <source>Sounds and looks like your words</source>
        <translation>Klingt und sieht aus wie beschrieben</translation>
    </message>
    <message>
        <source>Sounds like your words</source>
        <translation>Klingt wie beschrieben</translation>
    </message>
    <message>
        <source>Looks like your words</source>
        <translation>Sieht aus wie beschrieben</translation>
    </message>
    <message>
        <source>Nearly your words</source>
        <translation>Fast die gesuchten Wörter</translation>
    </message>
</context>
<context>
    <name>FoundList</name>
    <message>
        <source>Play from {time}</source>
        <translation>Ab {time} abspielen</translation>
    </message>
</context>
<context>
    <name>FoundPage</name>
    <message>
        <source>Found</source>
        <translation>Gefunden</translation>
    </message>
    <message>
        <source>Search everything: words, fields, or what it sounds like or shows</source>
        <translation>In allem suchen: Wörter, Felder, oder wie es klingt und was es zeigt</translation>
    </message>
    <message>
        <source>Show: {kind}</source>
        <translation>Zeigen: {kind}</translation>
    </message>
    <message>
        <source>Only tags were searched; a learned encoder also finds what words mean.</source>
        <translation>Nur Tags wurden durchsucht; ein gelernter Encoder findet auch, was Wörter meinen.</translation>
    </message>
    <message>
        <source>Look among what others offer</source>
        <translation>In dem suchen, was andere anbieten</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Play all of these</source>
        <translation>Alle diese abspielen</translation>
    </message>
    <message>
        <source>Add all of these to the queue</source>
        <translation>Alle diese an die Warteschlange</translation>
    </message>
    <message>
        <source>1 found for “{text}”</source>
        <translation>1 gefunden zu „{text}“</translation>
    </message>
    <message>
        <source>{count} found for “{text}”</source>
        <translation>{count} gefunden zu „{text}“</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Type above what you look for: a title, an artist, or what it sounds like or shows.</source>
        <translation>Oben eingeben, was gesucht wird: ein Titel, ein Interpret, oder wie es klingt und was es zeigt.</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Nothing of this kind was found for “{text}”.</source>
        <translation>Nichts dieser Art wurde zu „{text}“ gefunden.</translation>
    </message>
    <message>
        <source>Search everything</source>
        <translation>In allem suchen</translation>
    </message>
    <message>
        <source>Nothing was found for “{text}”.</source>
        <translation>Zu „{text}“ wurde nichts gefunden.</translation>
    </message>
</context>
<context>
    <name>HoverPreview</name>
    <message>
        <source>Preview at {time}</source>
        <translation>Vorschau bei {time}</translation>
    </message>
</context>
<context>
    <name>ItemActions</name>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Play next</source>
        <translation>Als Nächstes spielen</translation>
    </message>
    <message>
        <source>Add to queue</source>
        <translation>An die Warteschlange</translation>
    </message>
    <message>
        <source>Take back like</source>
        <translation>„Gefällt mir“ zurücknehmen</translation>
    </message>
    <message>
        <source>Like</source>
        <translation>Gefällt mir</translation>
    </message>
    <message>
        <source>Take back dislike</source>
        <translation>„Gefällt mir nicht“ zurücknehmen</translation>
    </message>
    <message>
        <source>Dislike</source>
        <translation>Gefällt mir nicht</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Nicht jetzt</translation>
    </message>
    <message>
        <source>More like this</source>
        <translation>Mehr davon</translation>
    </message>
    <message>
        <source>Why this score</source>
        <translation>Warum diese Prognose</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Properties</source>
        <translation>Eigenschaften</translation>
    </message>
    <message>
        <source>More like these, but…</source>
        <translation>Mehr wie diese, aber …</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Plays next: {count}</source>
        <translation>Als Nächstes: {count}</translation>
    </message>
    <message>
        <source>Added to the queue: {count}</source>
        <translation>In der Warteschlange: {count}</translation>
    </message>
    <message>
        <source>The folder of this file is not connected</source>
        <translation>Der Ordner dieser Datei ist nicht verbunden</translation>
    </message>
    <message>
        <source>Add to playlist</source>
        <translation>Zur Playlist</translation>
    </message>
    <message>
        <source>New playlist</source>
        <translation>Neue Playlist</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Bewerten</translation>
    </message>
    <message>
        <source>{stars} stars</source>
        <translation>{stars} Sterne</translation>
    </message>
    <message>
        <source>1 star</source>
        <translation>1 Stern</translation>
    </message>
    <message>
        <source>No rating</source>
        <translation>Keine Bewertung</translation>
    </message>
</context>
<context>
    <name>ItemList</name>
    <message>
        <source>Columns as at first</source>
        <translation>Spalten wie am Anfang</translation>
    </message>
    <message>
        <source>Items</source>
        <translation>Stücke</translation>
    </message>
</context>
<context>
    <name>ItemsModel</name>
    <message>
        <source>Predicted: {score} of 100, give or take {deviation}</source>
        <translation>Prognose: {score} von 100, auf {deviation} genau</translation>
    </message>
    <message>
        <source>The folder of this file is not connected</source>
        <translation>Der Ordner dieser Datei ist nicht verbunden</translation>
    </message>
    <message>
        <source>no prediction yet</source>
        <translation>noch keine Prognose</translation>
    </message>
    <message>
        <source>{stars} of 5 stars</source>
        <translation>{stars} von 5 Sternen</translation>
    </message>
    <message>
        <source>not rated</source>
        <translation>nicht bewertet</translation>
    </message>
</context>
<context>
    <name>JobCard</name>
    <message>
        <source>Progress: {job}</source>
        <translation>Fortschritt: {job}</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>{count} unreadable</source>
        <translation>{count} unlesbar</translation>
    </message>
</context>
<context>
    <name>Jobs</name>
    <message>
        <source>Looking through folders</source>
        <translation>Ordner werden durchgesehen</translation>
    </message>
    <message>
        <source>Listening and looking</source>
        <translation>Hört und schaut</translation>
    </message>
    <message>
        <source>Making the demo library</source>
        <translation>Demo-Bibliothek entsteht</translation>
    </message>
    <message>
        <source>Finding duplicates</source>
        <translation>Sucht Doppelte</translation>
    </message>
    <message>
        <source>Recognising what is in it</source>
        <translation>Erkennen, was darin ist</translation>
    </message>
    <message>
        <source>Arranging the map</source>
        <translation>Die Karte wird geordnet</translation>
    </message>
    <message>
        <source>Setting up an encoder</source>
        <translation>Einen Encoder einrichten</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
    <message>
        <source>{amount}/s</source>
        <translation>{amount}/s</translation>
    </message>
    <message>
        <source>{rate} a minute</source>
        <translation>{rate} pro Minute</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>noch {time}</translation>
    </message>
</context>
<context>
    <name>KindChoice</name>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Music</source>
        <translation>Musik</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
</context>
<context>
    <name>Learned</name>
    <message>
        <source>Nothing is learned yet: rate a few things, and it begins.</source>
        <translation>Noch ist nichts gelernt: Bewerte ein paar Stücke, dann geht es los.</translation>
    </message>
    <message>
        <source>Learned from {count} rated or played items.</source>
        <translation>Aus {count} bewerteten oder gehörten Stücken gelernt.</translation>
    </message>
    <message>
        <source>Of ten pairs it had not seen, it put about {right} in the right order (between {low} and {high}).</source>
        <translation>Von zehn ihm unbekannten Paaren ordnet es etwa {right} richtig (zwischen {low} und {high}).</translation>
    </message>
</context>
<context>
    <name>LibraryPage</name>
    <message>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
    <message>
        <source>Words, artist:… year:… or rating:&gt;=4; Return searches everything, also by meaning</source>
        <translation>Wörter, artist:… year:… oder rating:&gt;=4; die Eingabetaste sucht in allem, auch nach Bedeutung</translation>
    </message>
    <message>
        <source>All albums</source>
        <translation>Alle Alben</translation>
    </message>
    <message>
        <source>Play all of these</source>
        <translation>Alle diese abspielen</translation>
    </message>
    <message>
        <source>Add all of these to the queue</source>
        <translation>Alle diese an die Warteschlange</translation>
    </message>
    <message>
        <source>Show as a list</source>
        <translation>Als Liste zeigen</translation>
    </message>
    <message>
        <source>Show as albums</source>
        <translation>Als Alben zeigen</translation>
    </message>
    <message>
        <source>Show as pictures</source>
        <translation>Als Bilder zeigen</translation>
    </message>
    <message>
        <source>Choose columns</source>
        <translation>Spalten wählen</translation>
    </message>
    <message>
        <source>Show them</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>1 album</source>
        <translation>1 Album</translation>
    </message>
    <message>
        <source>{count} albums</source>
        <translation>{count} Alben</translation>
    </message>
    <message>
        <source>1 track</source>
        <translation>1 Titel</translation>
    </message>
    <message>
        <source>{count} tracks</source>
        <translation>{count} Titel</translation>
    </message>
    <message>
        <source>1 video</source>
        <translation>1 Video</translation>
    </message>
    <message>
        <source>{count} videos</source>
        <translation>{count} Videos</translation>
    </message>
    <message>
        <source>{count} found</source>
        <translation>{count} gefunden</translation>
    </message>
    <message>
        <source>Nothing here matches “{text}”.</source>
        <translation>Hier passt nichts zu „{text}“.</translation>
    </message>
    <message>
        <source>A learned encoder, from the settings, also finds what words mean.</source>
        <translation>Ein gelernter Encoder, aus den Einstellungen, findet auch, was Wörter meinen.</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>Suche leeren</translation>
    </message>
    <message>
        <source>None of your tracks names an album.</source>
        <translation>Keiner deiner Titel nennt ein Album.</translation>
    </message>
    <message>
        <source>Looking through your folders…</source>
        <translation>Deine Ordner werden durchgesehen …</translation>
    </message>
    <message>
        <source>Your music is in folders that are not connected now.</source>
        <translation>Deine Musik liegt in Ordnern, die gerade nicht verbunden sind.</translation>
    </message>
    <message>
        <source>Your videos are in folders that are not connected now.</source>
        <translation>Deine Videos liegen in Ordnern, die gerade nicht verbunden sind.</translation>
    </message>
    <message>
        <source>Show what is there</source>
        <translation>Zeigen, was da ist</translation>
    </message>
    <message>
        <source>No music yet. Add a folder, and its tracks appear here within seconds.</source>
        <translation>Noch keine Musik. Füge einen Ordner hinzu; in Sekunden stehen seine Titel hier.</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>No videos yet. Add a folder that holds some.</source>
        <translation>Noch keine Videos. Füge einen Ordner mit Videos hinzu.</translation>
    </message>
    <message>
        <source>1 item is in a folder that is not connected.</source>
        <translation>1 Stück liegt in einem Ordner, der nicht verbunden ist.</translation>
    </message>
    <message>
        <source>{count} items are in folders that are not connected.</source>
        <translation>{count} Stücke liegen in Ordnern, die nicht verbunden sind.</translation>
    </message>
    <message>
        <source>Hide them</source>
        <translation>Ausblenden</translation>
    </message>
</context>
<context>
    <name>LikeButtons</name>
    <message>
        <source>Like</source>
        <translation>Gefällt mir</translation>
    </message>
    <message>
        <source>Dislike</source>
        <translation>Gefällt mir nicht</translation>
    </message>
    <message>
        <source>Liked; press again to take it back</source>
        <translation>Gefällt dir; noch einmal drücken nimmt es zurück</translation>
    </message>
    <message>
        <source>Disliked; press again to take it back</source>
        <translation>Gefällt dir nicht; noch einmal drücken nimmt es zurück</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Add a folder to the library</source>
        <translation>Einen Ordner in die Bibliothek aufnehmen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
</context>
<context>
    <name>MapCanvas</name>
    <message>
        <source>Map of your library</source>
        <translation>Karte deiner Bibliothek</translation>
    </message>
</context>
<context>
    <name>MapLegend</name>
    <message>
        <source>liked less</source>
        <translation>gefällt weniger</translation>
    </message>
    <message>
        <source>liked more, as far as is known</source>
        <translation>gefällt mehr, soweit bekannt</translation>
    </message>
    <message>
        <source>track</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>film</source>
        <translation>Film</translation>
    </message>
    <message>
        <source>you like it</source>
        <translation>gefällt dir</translation>
    </message>
    <message>
        <source>you do not</source>
        <translation>gefällt dir nicht</translation>
    </message>
    <message>
        <source>What the map&apos;s colours mean</source>
        <translation>Was die Farben der Karte bedeuten</translation>
    </message>
</context>
<context>
    <name>MapPage</name>
    <message>
        <source>Map</source>
        <translation>Karte</translation>
    </message>
    <message>
        <source>Search on the map: what matches lights up</source>
        <translation>Auf der Karte suchen: Was passt, leuchtet auf</translation>
    </message>
    <message>
        <source>Play the way from one to the other</source>
        <translation>Den Weg vom einen zum anderen spielen</translation>
    </message>
    <message>
        <source>Look from nearer</source>
        <translation>Näher heran</translation>
    </message>
    <message>
        <source>Look from nearer (+)</source>
        <translation>Näher heran (+)</translation>
    </message>
    <message>
        <source>Look from further away</source>
        <translation>Weiter weg</translation>
    </message>
    <message>
        <source>Look from further away (−)</source>
        <translation>Weiter weg (−)</translation>
    </message>
    <message>
        <source>Show the whole map</source>
        <translation>Die ganze Karte zeigen</translation>
    </message>
    <message>
        <source>Show the whole map (Home)</source>
        <translation>Die ganze Karte zeigen (Pos1)</translation>
    </message>
    <message>
        <source>Arrange the map anew</source>
        <translation>Die Karte neu ordnen</translation>
    </message>
    <message>
        <source>Arrow keys go from dot to dot, plus and minus look nearer or further, Return plays.</source>
        <translation>Pfeiltasten gehen von Punkt zu Punkt, Plus und Minus näher heran oder weiter weg, die Eingabetaste spielt.</translation>
    </message>
    <message>
        <source>The map is being arranged…</source>
        <translation>Die Karte wird geordnet …</translation>
    </message>
    <message>
        <source>Arrange it now</source>
        <translation>Jetzt ordnen</translation>
    </message>
    <message>
        <source>Nothing has been listened to yet. The map appears by itself as soon as it has.</source>
        <translation>Noch wurde nichts angehört. Die Karte erscheint von selbst, sobald das geschehen ist.</translation>
    </message>
    <message>
        <source>Here you will see your whole library, like beside like. Add a folder to begin.</source>
        <translation>Hier siehst du deine ganze Bibliothek, Ähnliches neben Ähnlichem. Füge zu Beginn einen Ordner hinzu.</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>{count} chosen</source>
        <translation>{count} ausgewählt</translation>
    </message>
    <message>
        <source>{found} of {count} match</source>
        <translation>{found} von {count} passen</translation>
    </message>
    <message>
        <source>{count} items: too few for the map to tell much</source>
        <translation>{count} Stücke: zu wenige, als dass die Karte viel sagen könnte</translation>
    </message>
    <message>
        <source>{count} items. Drag with the right button to play along a line.</source>
        <translation>{count} Stücke. Ziehe mit der rechten Maustaste eine Linie, um daran entlang zu spielen.</translation>
    </message>
    <message>
        <source>Playing along the line: {count}</source>
        <translation>Spielt entlang der Linie: {count}</translation>
    </message>
</context>
<context>
    <name>MeaningLine</name>
    <message>
        <source>{count} found by meaning</source>
        <translation>{count} nach Bedeutung gefunden</translation>
    </message>
    <message>
        <source>{count} more found by meaning</source>
        <translation>{count} weitere nach Bedeutung gefunden</translation>
    </message>
    <message>
        <source>{count} more found, {meant} by meaning</source>
        <translation>{count} weitere gefunden, {meant} nach Bedeutung</translation>
    </message>
    <message>
        <source>{count} more found</source>
        <translation>{count} weitere gefunden</translation>
    </message>
    <message>
        <source>{count} found, {meant} by meaning</source>
        <translation>{count} gefunden, {meant} nach Bedeutung</translation>
    </message>
    <message>
        <source>Show what else was found: {count}</source>
        <translation>Zeigen, was sonst gefunden wurde: {count}</translation>
    </message>
</context>
<context>
    <name>MeaningNote</name>
    <message>
        <source>Learned encoders…</source>
        <translation>Gelernte Encoder …</translation>
    </message>
    <message>
        <source>The learned encoder is being loaded; what your words mean is searched in a moment.</source>
        <translation>Der gelernte Encoder wird geladen; gleich wird auch nach der Bedeutung gesucht.</translation>
    </message>
    <message>
        <source>The learned encoder is about to go through your library; what your words mean is found from then on.</source>
        <translation>Der gelernte Encoder geht gleich durch die Bibliothek; danach wird auch nach der Bedeutung gefunden.</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>Sound track</source>
        <translation>Tonspur</translation>
    </message>
    <message>
        <source>Subtitles</source>
        <translation>Untertitel</translation>
    </message>
    <message>
        <source>Rate what plays</source>
        <translation>Bewerten, was läuft</translation>
    </message>
    <message>
        <source>No rating</source>
        <translation>Keine Bewertung</translation>
    </message>
    <message>
        <source>Repeat</source>
        <translation>Von vorn</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Track</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>Album</source>
        <translation>Album</translation>
    </message>
    <message>
        <source>List</source>
        <translation>Liste</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>As the desktop has it</source>
        <translation>Wie der Desktop</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
</context>
<context>
    <name>MomentsModel</name>
    <message>
        <source>{percent} % alike</source>
        <translation>{percent} % ähnlich</translation>
    </message>
    <message>
        <source>{title}, at {time}, {percent} % alike</source>
        <translation>{title}, bei {time}, {percent} % ähnlich</translation>
    </message>
</context>
<context>
    <name>MomentsPage</name>
    <message>
        <source>Similar moments</source>
        <translation>Ähnliche Momente</translation>
    </message>
    <message>
        <source>Play from {time}</source>
        <translation>Ab {time} abspielen</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Moments like this one</source>
        <translation>Momente wie dieser</translation>
    </message>
    <message>
        <source>Play from this moment</source>
        <translation>Ab diesem Moment abspielen</translation>
    </message>
    <message>
        <source>Choose “Similar moments” while a film plays.</source>
        <translation>Wähle „Ähnliche Momente“, während ein Film läuft.</translation>
    </message>
    <message>
        <source>Comparing with the moments of every film…</source>
        <translation>Vergleich mit den Momenten aller Filme …</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>This film has not been looked at yet. Try again in a moment.</source>
        <translation>Dieser Film wurde noch nicht angesehen. Versuch es gleich noch einmal.</translation>
    </message>
    <message>
        <source>No other moment in your films looks like this one.</source>
        <translation>Kein anderer Moment in Ihren Filmen sieht so aus wie dieser.</translation>
    </message>
</context>
<context>
    <name>Network</name>
    <message>
        <source>The network is off: Bowerbird sends nothing and fetches nothing.</source>
        <translation>Das Netzwerk ist aus: Bowerbird sendet nichts und holt nichts.</translation>
    </message>
    <message>
        <source>The network is starting…</source>
        <translation>Das Netzwerk startet …</translation>
    </message>
    <message>
        <source>1 item</source>
        <translation>1 Stück</translation>
    </message>
    <message>
        <source>{count} items</source>
        <translation>{count} Stücke</translation>
    </message>
    <message>
        <source>never</source>
        <translation>nie</translation>
    </message>
    <message>
        <source>now</source>
        <translation>eben</translation>
    </message>
    <message>
        <source>{time} ago</source>
        <translation>{time} her</translation>
    </message>
    <message>
        <source>Looking for a first contact…</source>
        <translation>Sucht einen ersten Kontakt …</translation>
    </message>
    <message>
        <source>In touch with the public directory ({nodes} nodes); no other Bowerbird heard of yet.</source>
        <translation>Mit dem öffentlichen Verzeichnis verbunden ({nodes} Knoten); noch von keinem anderen Bowerbird gehört.</translation>
    </message>
    <message>
        <source>In touch: 1 peer heard of lately, {nodes} nodes of the public directory.</source>
        <translation>Verbunden: von 1 Peer kürzlich gehört, {nodes} Knoten des öffentlichen Verzeichnisses.</translation>
    </message>
    <message>
        <source>In touch: {peers} peers heard of lately, {nodes} nodes of the public directory.</source>
        <translation>Verbunden: von {peers} Peers kürzlich gehört, {nodes} Knoten des öffentlichen Verzeichnisses.</translation>
    </message>
    <message>
        <source>Others can reach this machine.</source>
        <translation>Andere können diesen Rechner erreichen.</translation>
    </message>
    <message>
        <source>Others cannot begin to talk to this machine: a router or firewall stands between. It reaches out itself, and what is rare may take longer.</source>
        <translation>Andere können diesen Rechner nicht von sich aus ansprechen: Ein Router oder eine Firewall steht dazwischen. Er nimmt selbst Verbindung auf; Seltenes kann länger dauern.</translation>
    </message>
    <message>
        <source>Whether others can reach this machine is not known yet.</source>
        <translation>Ob andere diesen Rechner erreichen können, ist noch nicht bekannt.</translation>
    </message>
    <message>
        <source>Your catalogue is being made.</source>
        <translation>Dein Katalog entsteht.</translation>
    </message>
    <message>
        <source>You publish nothing.</source>
        <translation>Du veröffentlichst nichts.</translation>
    </message>
    <message>
        <source>You publish 1 item.</source>
        <translation>Du veröffentlichst 1 Stück.</translation>
    </message>
    <message>
        <source>You publish {count} items.</source>
        <translation>Du veröffentlichst {count} Stücke.</translation>
    </message>
    <message>
        <source>{down}/s in, {up}/s out.</source>
        <translation>{down}/s herein, {up}/s hinaus.</translation>
    </message>
</context>
<context>
    <name>NetworkBridge</name>
    <message>
        <source>The network process ended</source>
        <translation>Der Netzwerkprozess hat aufgehört</translation>
    </message>
    <message>
        <source>The network is off</source>
        <translation>Das Netzwerk ist aus</translation>
    </message>
    <message>
        <source>Switch it on under Discover or in the settings.</source>
        <translation>Schalte es unter „Entdecken“ oder in den Einstellungen ein.</translation>
    </message>
</context>
<context>
    <name>NetworkConsent</name>
    <message>
        <source>Discover shows what other people publish and you would love, ranked on this machine by your own taste. The network is off: Bowerbird sends nothing and fetches nothing.</source>
        <translation>„Entdecken“ zeigt, was andere veröffentlichen und du lieben würdest, auf diesem Rechner nach deinem Geschmack geordnet. Das Netzwerk ist aus: Bowerbird sendet nichts und holt nichts.</translation>
    </message>
    <message>
        <source>Switch the network on…</source>
        <translation>Netzwerk einschalten …</translation>
    </message>
    <message>
        <source>Before the network is switched on</source>
        <translation>Bevor das Netzwerk eingeschaltet wird</translation>
    </message>
    <message>
        <source>Switch the network on</source>
        <translation>Netzwerk einschalten</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Nicht jetzt</translation>
    </message>
    <message>
        <source>{count} MB</source>
        <translation>{count} MB</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>Was es ist</translation>
    </message>
    <message>
        <source>Bowerbirds talk to each other directly, without a server or an account. Each may publish a catalogue: titles and how things sound, not the media. Yours picks what fits your taste.</source>
        <translation>Bowerbirds sprechen direkt miteinander, ohne Server und ohne Konto. Jeder kann einen Katalog veröffentlichen: Titel und wie etwas klingt, nicht die Dateien. Deiner wählt aus, was zu deinem Geschmack passt.</translation>
    </message>
    <message>
        <source>What others see</source>
        <translation>Was andere sehen</translation>
    </message>
    <message>
        <source>Your internet address, as with every BitTorrent program; the key by which other Bowerbirds know yours; and from whom you fetch which catalogue or file.</source>
        <translation>Deine Internetadresse, wie bei jedem BitTorrent-Programm; den Schlüssel, an dem andere Bowerbirds deinen erkennen; und von wem du welchen Katalog oder welche Datei holst.</translation>
    </message>
    <message>
        <source>What stays here</source>
        <translation>Was hier bleibt</translation>
    </message>
    <message>
        <source>Likes, ratings, plays and skips, and your whole library. Nothing is published or told until you choose it: folders or playlists to publish, or what to tell of your taste.</source>
        <translation>Was dir gefällt, Bewertungen, Gehörtes und Übersprungenes und deine ganze Bibliothek. Nichts wird veröffentlicht oder mitgeteilt, bis du es auswählst: Ordner oder Playlists oder was du von deinem Geschmack verrätst.</translation>
    </message>
    <message>
        <source>What it costs</source>
        <translation>Was es kostet</translation>
    </message>
    <message>
        <source>A few megabytes for a catalogue; from strangers at most {amount} a day. Media come only when you press download, and each button says how much that is.</source>
        <translation>Ein paar Megabyte je Katalog, von Fremden höchstens {amount} am Tag. Musik und Videos kommen erst, wenn du auf einen Knopf zum Herunterladen drückst, und der sagt, wie viel das ist.</translation>
    </message>
</context>
<context>
    <name>NetworkHealth</name>
    <message>
        <source>How the network is</source>
        <translation>Wie es um das Netzwerk steht</translation>
    </message>
    <message>
        <source>What the network is at</source>
        <translation>Was das Netzwerk gerade tut</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Einstellungen …</translation>
    </message>
    <message>
        <source>Switch on…</source>
        <translation>Einschalten …</translation>
    </message>
    <message>
        <source>Network settings</source>
        <translation>Netzwerk-Einstellungen</translation>
    </message>
    <message>
        <source>Switch the network on…</source>
        <translation>Netzwerk einschalten …</translation>
    </message>
    <message>
        <source>The network process ended: {why}</source>
        <translation>Der Netzwerkprozess hat aufgehört: {why}</translation>
    </message>
    <message>
        <source>Looking for whoever has a catalogue…</source>
        <translation>Sucht, wer einen Katalog hat …</translation>
    </message>
    <message>
        <source>Fetching a catalogue: {done} of {total}</source>
        <translation>Holt einen Katalog: {done} von {total}</translation>
    </message>
    <message>
        <source>Reading what you publish: {done} of {total}</source>
        <translation>Liest, was du veröffentlichst: {done} von {total}</translation>
    </message>
    <message>
        <source>Making your catalogue</source>
        <translation>Dein Katalog entsteht</translation>
    </message>
</context>
<context>
    <name>NetworkLine</name>
    <message>
        <source>How the network is</source>
        <translation>Wie es um das Netzwerk steht</translation>
    </message>
    <message>
        <source>Peers</source>
        <translation>Peers</translation>
    </message>
    <message>
        <source>Switch on…</source>
        <translation>Einschalten …</translation>
    </message>
    <message>
        <source>Peers and how the network is</source>
        <translation>Peers und wie es um das Netzwerk steht</translation>
    </message>
    <message>
        <source>Switch the network on…</source>
        <translation>Netzwerk einschalten …</translation>
    </message>
    <message>
        <source>The network process ended: {why}</source>
        <translation>Der Netzwerkprozess hat aufgehört: {why}</translation>
    </message>
    <message>
        <source>Fetching a catalogue: {done} of {total}.</source>
        <translation>Holt einen Katalog: {done} von {total}.</translation>
    </message>
</context>
<context>
    <name>NetworkSection</name>
    <message>
        <source>Network</source>
        <translation>Netzwerk</translation>
    </message>
    <message>
        <source>Find others and what they publish</source>
        <translation>Andere finden und was sie veröffentlichen</translation>
    </message>
    <message>
        <source>Off, Bowerbird opens no connection at all.</source>
        <translation>Ist es aus, öffnet Bowerbird gar keine Verbindung.</translation>
    </message>
    <message>
        <source>How the network is</source>
        <translation>Wie es um das Netzwerk steht</translation>
    </message>
    <message>
        <source>What others can see while it is on</source>
        <translation>Was andere sehen können, solange es an ist</translation>
    </message>
    <message>
        <source>Your internet address</source>
        <translation>Deine Internetadresse</translation>
    </message>
    <message>
        <source>The peers you meet and the public directory (the BitTorrent DHT) see it, as with every BitTorrent program.</source>
        <translation>Die Peers, denen du begegnest, und das öffentliche Verzeichnis (die DHT von BitTorrent) sehen sie, wie bei jedem BitTorrent-Programm.</translation>
    </message>
    <message>
        <source>What you publish, and only that</source>
        <translation>Was du veröffentlichst, und nur das</translation>
    </message>
    <message>
        <source>Titles, artists, tags, sizes and vectors of the folders and playlists you choose, under your name and key, for everybody. Nothing is published until you choose it.</source>
        <translation>Titel, Interpreten, Tags, Größen und Vektoren der Ordner und Playlists, die du auswählst, unter deinem Namen und Schlüssel, für alle. Nichts wird veröffentlicht, bis du es auswählst.</translation>
    </message>
    <message>
        <source>What you fetch</source>
        <translation>Was du holst</translation>
    </message>
    <message>
        <source>The peers from whom a file comes, and others who have it, see that you fetch it.</source>
        <translation>Die Peers, von denen eine Datei kommt, und andere, die sie haben, sehen, dass du sie holst.</translation>
    </message>
    <message>
        <source>You, to others</source>
        <translation>Du, für andere</translation>
    </message>
    <message>
        <source>Your name</source>
        <translation>Dein Name</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keiner</translation>
    </message>
    <message>
        <source>Stands on your card beside your key. May be left empty.</source>
        <translation>Steht auf deiner Karte neben deinem Schlüssel. Darf leer bleiben.</translation>
    </message>
    <message>
        <source>Show…</source>
        <translation>Zeigen …</translation>
    </message>
    <message>
        <source>Show my card</source>
        <translation>Meine Karte zeigen</translation>
    </message>
    <message>
        <source>My card</source>
        <translation>Meine Karte</translation>
    </message>
    <message>
        <source>A text, a file or a QR code with which a friend finds you.</source>
        <translation>Ein Text, eine Datei oder ein QR-Code, womit ein Freund dich findet.</translation>
    </message>
    <message>
        <source>Publish what I have chosen</source>
        <translation>Veröffentlichen, was ich ausgewählt habe</translation>
    </message>
    <message>
        <source>Off, nothing of yours is given to others, though your choice is kept.</source>
        <translation>Ist es aus, bekommen andere nichts von dir; deine Auswahl bleibt.</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Auswählen …</translation>
    </message>
    <message>
        <source>Choose what is published</source>
        <translation>Auswählen, was veröffentlicht wird</translation>
    </message>
    <message>
        <source>What is published</source>
        <translation>Was veröffentlicht wird</translation>
    </message>
    <message>
        <source>Folders and playlists, with a preview of exactly what leaves.</source>
        <translation>Ordner und Playlists, mit einer Vorschau auf genau das, was hinausgeht.</translation>
    </message>
    <message>
        <source>Let strangers find this machine</source>
        <translation>Fremde diesen Rechner finden lassen</translation>
    </message>
    <message>
        <source>Off, you still find others, but the public meeting place does not learn of you.</source>
        <translation>Ist es aus, findest du andere trotzdem, aber der öffentliche Treffpunkt erfährt nichts von dir.</translation>
    </message>
    <message>
        <source>Say whom I follow</source>
        <translation>Sagen, wem ich folge</translation>
    </message>
    <message>
        <source>In what you publish. Whoever follows you then meets those peers before strangers.</source>
        <translation>In dem, was du veröffentlichst. Wer dir folgt, begegnet dann diesen Peers eher als Fremden.</translation>
    </message>
    <message>
        <source>Find others in the local network</source>
        <translation>Andere im lokalen Netzwerk finden</translation>
    </message>
    <message>
        <source>Tells every machine of your own network that Bowerbird runs here.</source>
        <translation>Sagt jedem Rechner in deinem eigenen Netzwerk, dass hier Bowerbird läuft.</translation>
    </message>
    <message>
        <source>Your taste, to those who follow you</source>
        <translation>Dein Geschmack, für alle, die dir folgen</translation>
    </message>
    <message>
        <source>Tell of it</source>
        <translation>Davon mitteilen</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>its direction, blurred</source>
        <translation>die Richtung, verwischt</translation>
    </message>
    <message>
        <source>single votes, some turned around</source>
        <translation>einzelne Stimmen, manche umgekehrt</translation>
    </message>
    <message>
        <source>Their recommendations get better by it. Items you keep private are left out; each rating is told once.</source>
        <translation>Ihre Empfehlungen werden davon besser. Was du privat hältst, bleibt außen vor; jede Bewertung wird nur einmal mitgeteilt.</translation>
    </message>
    <message>
        <source>For every twenty ratings or more, 32 numbers with noise leave in your catalogue. Single ratings can hardly be read from them, but they are signed with your key, and everybody can see them.</source>
        <translation>Für je zwanzig Bewertungen oder mehr gehen 32 verrauschte Zahlen in deinem Katalog hinaus. Einzelne Bewertungen sind daraus kaum abzulesen, aber sie sind mit deinem Schlüssel unterschrieben, und alle können sie sehen.</translation>
    </message>
    <message>
        <source>Likes and dislikes of items you publish leave in your catalogue, about one in eight of them turned around. They are public and signed with your key.</source>
        <translation>„Gefällt mir“ und „Gefällt mir nicht“ zu Stücken, die du veröffentlichst, gehen in deinem Katalog hinaus, etwa jedes achte umgekehrt. Sie sind öffentlich und mit deinem Schlüssel unterschrieben.</translation>
    </message>
    <message>
        <source>Nothing of what you like leaves this machine.</source>
        <translation>Nichts davon, was dir gefällt, verlässt diesen Rechner.</translation>
    </message>
    <message>
        <source>Choosing “nothing” again takes them out, but not back from whoever has them.</source>
        <translation>Wählst du wieder „nichts“, fallen sie weg, aber nicht bei denen, die sie schon haben.</translation>
    </message>
    <message>
        <source>Of what you like, only what you chose below</source>
        <translation>Was dir gefällt: nur, was du unten gewählt hast</translation>
    </message>
    <message>
        <source>Never: what you like</source>
        <translation>Nie: was dir gefällt</translation>
    </message>
    <message>
        <source>All else stays on this machine: ratings as they are, plays and skips, file names and folders, and all of your library that you do not publish.</source>
        <translation>Alles andere bleibt auf diesem Rechner: die genauen Bewertungen, Gehörtes und Übersprungenes, Dateinamen und Ordner und alles in deiner Bibliothek, was du nicht veröffentlichst.</translation>
    </message>
    <message>
        <source>Likes, ratings, plays and skips, file names and folders, and all of your library that you do not publish stay on this machine.</source>
        <translation>Was dir gefällt, Bewertungen, Gehörtes und Übersprungenes, Dateinamen und Ordner und alles in deiner Bibliothek, was du nicht veröffentlichst, bleiben auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Downloads and limits</source>
        <translation>Downloads und Grenzen</translation>
    </message>
    <message>
        <source>Downloads go to</source>
        <translation>Downloads kommen nach</translation>
    </message>
    <message>
        <source>The folder joins your library. Files that are there stay where they are.</source>
        <translation>Der Ordner kommt in deine Bibliothek. Dateien, die schon da sind, bleiben, wo sie sind.</translation>
    </message>
    <message>
        <source>Room that stays free on the disk</source>
        <translation>Platz, der auf der Platte frei bleibt</translation>
    </message>
    <message>
        <source>A download that would leave less is not begun.</source>
        <translation>Ein Download, der weniger übrig ließe, beginnt nicht.</translation>
    </message>
    <message>
        <source>Fastest download</source>
        <translation>Schnellster Download</translation>
    </message>
    <message>
        <source>Fastest upload</source>
        <translation>Schnellster Upload</translation>
    </message>
    <message>
        <source>KiB/s</source>
        <translation>KiB/s</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>ohne Grenze</translation>
    </message>
    <message>
        <source>Give what I downloaded to others too</source>
        <translation>Auch Heruntergeladenes weitergeben</translation>
    </message>
    <message>
        <source>Also those who fetch it from you see your address. Each download has a switch of its own.</source>
        <translation>Auch wer es von dir holt, sieht deine Adresse. Jeder Download hat seinen eigenen Schalter.</translation>
    </message>
    <message>
        <source>Stop giving after</source>
        <translation>Weitergabe endet nach</translation>
    </message>
    <message>
        <source>times its size</source>
        <translation>× Dateigröße</translation>
    </message>
    <message>
        <source>never</source>
        <translation>nie</translation>
    </message>
    <message>
        <source>Strangers</source>
        <translation>Fremde</translation>
    </message>
    <message>
        <source>Whom you do not follow is a stranger. Their catalogues (lists and vectors, no media) are fetched within these limits; whom you follow comes first and has no such limits.</source>
        <translation>Wem du nicht folgst, der ist ein Fremder. Kataloge von Fremden (Listen und Vektoren, keine Musik, keine Videos) werden in diesen Grenzen geholt; wem du folgst, der kommt zuerst und ohne solche Grenzen.</translation>
    </message>
    <message>
        <source>Catalogues of strangers, a day</source>
        <translation>Umfang fremder Kataloge am Tag</translation>
    </message>
    <message>
        <source>Catalogues of strangers that are kept</source>
        <translation>Vorrat an fremden Katalogen</translation>
    </message>
    <message>
        <source>Never show what contains</source>
        <translation>Nie zeigen, worin dies vorkommt</translation>
    </message>
    <message>
        <source>words, separated by commas</source>
        <translation>Wörter mit Kommas</translation>
    </message>
    <message>
        <source>In title, artist, album or tags of what others offer.</source>
        <translation>In Titel, Interpret, Album oder Tags dessen, was andere anbieten.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open the list of peers</source>
        <translation>Liste der Peers öffnen</translation>
    </message>
    <message>
        <source>Peers</source>
        <translation>Peers</translation>
    </message>
    <message>
        <source>Whom you follow, know and have blocked.</source>
        <translation>Wem du folgst, wen du kennst und wen du blockiert hast.</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>Port for files</source>
        <translation>Port für Dateien</translation>
    </message>
    <message>
        <source>TCP and UDP. Forward it in your router where others cannot reach you.</source>
        <translation>TCP und UDP. Leite ihn in deinem Router weiter, wenn andere dich nicht erreichen.</translation>
    </message>
    <message>
        <source>Port for meeting peers</source>
        <translation>Port für Treffen mit Peers</translation>
    </message>
    <message>
        <source>UDP.</source>
        <translation>UDP.</translation>
    </message>
    <message>
        <source>chosen by itself</source>
        <translation>von selbst gewählt</translation>
    </message>
    <message>
        <source>First contacts</source>
        <translation>Erste Kontakte</translation>
    </message>
    <message>
        <source>As at first</source>
        <translation>Wie am Anfang</translation>
    </message>
    <message>
        <source>The first contacts as at first</source>
        <translation>Die ersten Kontakte wie am Anfang</translation>
    </message>
    <message>
        <source>Public routers of the BitTorrent DHT, asked once for addresses; they learn yours. Without any, a friend&apos;s card or the local network has to lead in.</source>
        <translation>Öffentliche Router der DHT von BitTorrent, die einmal nach Adressen gefragt werden; sie erfahren deine. Ohne sie muss die Karte eines Freundes oder das lokale Netzwerk den Anfang machen.</translation>
    </message>
    <message>
        <source>SOCKS5 proxy</source>
        <translation>SOCKS5-Proxy</translation>
    </message>
    <message>
        <source>The password stands readable in the settings file.</source>
        <translation>Das Passwort steht lesbar in der Einstellungsdatei.</translation>
    </message>
    <message>
        <source>With a proxy everything goes through it: files, catalogues, questions to the public directory. Whoever gives you a file sees its address instead of yours. What cannot go through it stays silent: Bowerbirds do not meet each other then, so only the peers you follow are asked for, and nobody can begin to fetch from you. It does not hide what you do from the proxy&apos;s operator; nor your key, your name and what you publish from anybody.</source>
        <translation>Mit einem Proxy geht alles über ihn: Dateien, Kataloge, Fragen an das öffentliche Verzeichnis. Wer dir eine Datei gibt, sieht seine Adresse statt deiner. Was nicht über ihn gehen kann, schweigt: Bowerbirds begegnen sich dann nicht, also wird nur nach den Peers gefragt, denen du folgst, und niemand kann von sich aus etwas von dir holen. Dem Betreiber des Proxys verbirgt er nicht, was du tust, und niemandem deinen Schlüssel, deinen Namen und was du veröffentlichst.</translation>
    </message>
    <message>
        <source>At most 40 letters.</source>
        <translation>Höchstens 40 Zeichen.</translation>
    </message>
    <message>
        <source>“{text}” is not host:port.</source>
        <translation>„{text}“ ist nicht host:port.</translation>
    </message>
    <message>
        <source>Give it as socks5://host:port or socks5://name:password@host:port.</source>
        <translation>Gib ihn als socks5://host:port oder socks5://name:password@host:port an.</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern …</translation>
    </message>
    <message>
        <source>Choose the folder for downloads</source>
        <translation>Ordner für Downloads wählen</translation>
    </message>
    <message>
        <source>Where downloads go</source>
        <translation>Wohin Downloads kommen</translation>
    </message>
    <message>
        <source>The choice could not be kept: {why}</source>
        <translation>Die Wahl konnte nicht gespeichert werden: {why}</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Close notice</source>
        <translation>Hinweis schließen</translation>
    </message>
</context>
<context>
    <name>NowPlaying</name>
    <message>
        <source>Nothing plays</source>
        <translation>Nichts läuft</translation>
    </message>
</context>
<context>
    <name>OfferDeeds</name>
    <message>
        <source>never show “{title}”</source>
        <translation>„{title}“ nie zeigen</translation>
    </message>
    <message>
        <source>“{title}” is never shown again</source>
        <translation>„{title}“ wird nie wieder gezeigt</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Play yours</source>
        <translation>Deins abspielen</translation>
    </message>
    <message>
        <source>Download, {size}</source>
        <translation>Herunterladen, {size}</translation>
    </message>
    <message>
        <source>Download and play while it arrives</source>
        <translation>Herunterladen und schon dabei abspielen</translation>
    </message>
    <message>
        <source>Pause the download</source>
        <translation>Download anhalten</translation>
    </message>
    <message>
        <source>Go on with the download</source>
        <translation>Download fortsetzen</translation>
    </message>
    <message>
        <source>Cancel the download</source>
        <translation>Download abbrechen</translation>
    </message>
    <message>
        <source>Show in downloads</source>
        <translation>In Downloads zeigen</translation>
    </message>
    <message>
        <source>Why this score</source>
        <translation>Warum diese Prognose</translation>
    </message>
    <message>
        <source>Never show this</source>
        <translation>Nie wieder zeigen</translation>
    </message>
    <message>
        <source>this publisher</source>
        <translation>diesem Anbieter</translation>
    </message>
    <message>
        <source>Only from {name}</source>
        <translation>Nur von {name}</translation>
    </message>
    <message>
        <source>Follow {name} no longer</source>
        <translation>{name} nicht mehr folgen</translation>
    </message>
    <message>
        <source>Follow {name}</source>
        <translation>{name} folgen</translation>
    </message>
    <message>
        <source>Nothing from {name}…</source>
        <translation>Nichts mehr von {name} …</translation>
    </message>
</context>
<context>
    <name>OfferList</name>
    <message>
        <source>Show more</source>
        <translation>Mehr zeigen</translation>
    </message>
</context>
<context>
    <name>OfferView</name>
    <message>
        <source>Never show this</source>
        <translation>Nie wieder zeigen</translation>
    </message>
    <message>
        <source>What can be done with this</source>
        <translation>Was sich damit tun lässt</translation>
    </message>
    <message>
        <source>no licence named</source>
        <translation>keine Lizenz genannt</translation>
    </message>
    <message numerus="yes">
        <source>{publisher}, and %n more</source>
        <translation>
            <numerusform>{publisher}, und %n weiteren</numerusform>
            <numerusform>{publisher}, und %n weiteren</numerusform>
        </translation>
    </message>
    <message>
        <source>You have this</source>
        <translation>Hast du schon</translation>
    </message>
    <message>
        <source>Predicted: {score} of 100, give or take {deviation}</source>
        <translation>Prognose: {score} von 100, auf {deviation} genau</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Download, {size}</source>
        <translation>Herunterladen, {size}</translation>
    </message>
    <message>
        <source>Play yours</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Details of this download</source>
        <translation>Details zu diesem Download</translation>
    </message>
</context>
<context>
    <name>Offers</name>
    <message>
        <source>public domain</source>
        <translation>gemeinfrei</translation>
    </message>
    <message>
        <source>not counted yet who has it</source>
        <translation>noch nicht gezählt, wer es hat</translation>
    </message>
    <message>
        <source>counted just now</source>
        <translation>eben gezählt</translation>
    </message>
    <message>
        <source>counted {when}</source>
        <translation>gezählt: {when}</translation>
    </message>
    <message>
        <source>nobody there has it</source>
        <translation>niemand dort hat es</translation>
    </message>
    <message>
        <source>nobody has all of it, {others} have parts</source>
        <translation>niemand hat alles, {others} haben Teile</translation>
    </message>
    <message>
        <source>1 has it</source>
        <translation>1 hat es</translation>
    </message>
    <message>
        <source>{seeds} have it</source>
        <translation>{seeds} haben es</translation>
    </message>
    <message>
        <source>{who}, {counted}</source>
        <translation>{who}, {counted}</translation>
    </message>
    <message>
        <source>from {name}, whom you follow</source>
        <translation>von {name}, dem du folgst</translation>
    </message>
    <message>
        <source>from {name}, known to those you follow</source>
        <translation>von {name}, über andere bekannt</translation>
    </message>
    <message>
        <source>from {name}, a stranger</source>
        <translation>von {name}, einem Fremden</translation>
    </message>
    <message>
        <source>somebody without a name</source>
        <translation>jemandem ohne Namen</translation>
    </message>
    <message>
        <source>kept its word so far</source>
        <translation>hielt bisher Wort</translation>
    </message>
    <message>
        <source>once sent something else</source>
        <translation>schickte schon etwas anderes</translation>
    </message>
    <message>
        <source>has broken its word</source>
        <translation>hat sein Wort gebrochen</translation>
    </message>
    <message>
        <source>{share} %</source>
        <translation>{share} %</translation>
    </message>
    <message>
        <source>waiting for somebody who has it</source>
        <translation>wartet auf jemanden, der es hat</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>noch {time}</translation>
    </message>
    <message>
        <source>{share}, paused</source>
        <translation>{share}, angehalten</translation>
    </message>
    <message>
        <source>being checked</source>
        <translation>wird geprüft</translation>
    </message>
    <message>
        <source>in your library</source>
        <translation>in deiner Bibliothek</translation>
    </message>
    <message>
        <source>here</source>
        <translation>hier</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>abgelehnt</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>did not work</source>
        <translation>hat nicht geklappt</translation>
    </message>
    <message>
        <source>{amount}/s</source>
        <translation>{amount}/s</translation>
    </message>
</context>
<context>
    <name>PageStack</name>
    <message>
        <source>Search in {page}: words, or artist:… year:… rating:&gt;=4</source>
        <translation>Suchen in {page}: Wörter oder artist:… year:… rating:&gt;=4</translation>
    </message>
    <message>
        <source>Search the library</source>
        <translation>Bibliothek durchsuchen</translation>
    </message>
</context>
<context>
    <name>PeerDeeds</name>
    <message>
        <source>You follow {name} now</source>
        <translation>Du folgst jetzt {name}</translation>
    </message>
    <message>
        <source>following {name}</source>
        <translation>{name} folgen</translation>
    </message>
    <message>
        <source>You do not follow {name} any longer</source>
        <translation>Du folgst {name} nicht mehr</translation>
    </message>
    <message>
        <source>no longer following {name}</source>
        <translation>{name} nicht mehr folgen</translation>
    </message>
    <message>
        <source>{name} is blocked; all it brought is gone</source>
        <translation>{name} ist blockiert; alles von dort ist weg</translation>
    </message>
    <message>
        <source>No longer blocked: it can be met again, as a stranger</source>
        <translation>Nicht mehr blockiert: Du kannst ihm wieder begegnen, als Fremdem</translation>
    </message>
    <message>
        <source>Block</source>
        <translation>Blockieren</translation>
    </message>
    <message>
        <source>Block {name}?</source>
        <translation>{name} blockieren?</translation>
    </message>
    <message>
        <source>What it brought goes at once: its catalogue, its offers and their vectors.</source>
        <translation>Was von dort kam, verschwindet sofort: der Katalog, die Angebote und ihre Vektoren.</translation>
    </message>
    <message>
        <source>What it brought goes at once: its catalogue, {count} offers and their vectors.</source>
        <translation>Was von dort kam, verschwindet sofort: der Katalog, {count} Angebote und ihre Vektoren.</translation>
    </message>
    <message>
        <source>You hear nothing from it again. Files you downloaded stay; unblocking is possible.</source>
        <translation>Du hörst nichts mehr von dort. Heruntergeladene Dateien bleiben; die Blockierung lässt sich aufheben.</translation>
    </message>
</context>
<context>
    <name>PeerDetail</name>
    <message>
        <source>Its key</source>
        <translation>Sein Schlüssel</translation>
    </message>
    <message>
        <source>Copy its key</source>
        <translation>Seinen Schlüssel kopieren</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Folgen</translation>
    </message>
    <message>
        <source>Do not follow any longer</source>
        <translation>Nicht mehr folgen</translation>
    </message>
    <message>
        <source>Show what it offers</source>
        <translation>Zeigen, was er anbietet</translation>
    </message>
    <message>
        <source>Block…</source>
        <translation>Blockieren …</translation>
    </message>
    <message>
        <source>Unblock</source>
        <translation>Nicht mehr blockieren</translation>
    </message>
    <message>
        <source>The key is on the clipboard</source>
        <translation>Der Schlüssel ist in der Zwischenablage</translation>
    </message>
    <message>
        <source>Blocked</source>
        <translation>Blockiert</translation>
    </message>
    <message>
        <source>Left of it</source>
        <translation>Was bleibt</translation>
    </message>
    <message>
        <source>nothing but its key: no catalogue, offers, vectors or evidence</source>
        <translation>nur sein Schlüssel: kein Katalog, keine Angebote, Vektoren oder Mitteilungen</translation>
    </message>
    <message>
        <source>Heard of</source>
        <translation>Zuletzt da</translation>
    </message>
    <message>
        <source>1 peer you follow</source>
        <translation>1 Peer, dem du folgst</translation>
    </message>
    <message>
        <source>{count} peers you follow</source>
        <translation>{count} Peers, denen du folgst</translation>
    </message>
    <message>
        <source>Followed by</source>
        <translation>Gefolgt von</translation>
    </message>
    <message>
        <source>Offers</source>
        <translation>Angebote</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Its word</source>
        <translation>Sein Wort</translation>
    </message>
    <message>
        <source>Of its taste</source>
        <translation>Geschmack</translation>
    </message>
    <message>
        <source>You have blocked this peer.</source>
        <translation>Du hast diesen Peer blockiert.</translation>
    </message>
    <message>
        <source>You follow this peer: its catalogue is fetched first and kept.</source>
        <translation>Du folgst diesem Peer: Sein Katalog wird zuerst geholt und behalten.</translation>
    </message>
    <message>
        <source>A peer you follow follows this one.</source>
        <translation>Ein Peer, dem du folgst, folgt diesem.</translation>
    </message>
    <message>
        <source>Known from the network; a stranger to you.</source>
        <translation>Aus dem Netzwerk bekannt; dir fremd.</translation>
    </message>
    <message>
        <source>nothing that we have fetched</source>
        <translation>nichts, was wir geholt hätten</translation>
    </message>
    <message>
        <source>{count} items of {size}</source>
        <translation>{count} Stücke, {size}</translation>
    </message>
    <message>
        <source>{offers}, {videos} of them videos</source>
        <translation>{offers}, davon {videos} Videos</translation>
    </message>
    <message>
        <source>{size} of catalogue fetched {when}</source>
        <translation>Katalog: {size}, geholt: {when}</translation>
    </message>
    <message>
        <source>{count} kept, {size}</source>
        <translation>{count} behalten, {size}</translation>
    </message>
    <message>
        <source>{count} under way</source>
        <translation>{count} unterwegs</translation>
    </message>
    <message>
        <source>{count} refused</source>
        <translation>{count} abgelehnt</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>kept in {kept} of {all} downloads</source>
        <translation>bei {kept} von {all} Downloads gehalten</translation>
    </message>
    <message>
        <source>It signed two different cards with one number: it is not to be trusted.</source>
        <translation>Er hat zwei verschiedene Karten mit einer Nummer unterschrieben: Ihm ist nicht zu trauen.</translation>
    </message>
    <message>
        <source>not tried: nothing was downloaded from it yet</source>
        <translation>unerprobt: von ihm wurde noch nichts heruntergeladen</translation>
    </message>
    <message>
        <source>{kept}; the rest was not what it had promised</source>
        <translation>{kept}; der Rest war nicht, was er versprochen hatte</translation>
    </message>
    <message>
        <source>{kept}; the rest was not what it had promised, so it is not to be trusted</source>
        <translation>{kept}; der Rest war nicht, was er versprochen hatte, also ist ihm nicht zu trauen</translation>
    </message>
    <message>
        <source>nothing told; what it likes has no part in your recommendations</source>
        <translation>nichts mitgeteilt; was ihm gefällt, fließt nicht in deine Empfehlungen ein</translation>
    </message>
    <message>
        <source>{count} messages</source>
        <translation>Mitteilungen: {count}</translation>
    </message>
</context>
<context>
    <name>Peers</name>
    <message>
        <source>blocked</source>
        <translation>blockiert</translation>
    </message>
    <message>
        <source>followed</source>
        <translation>du folgst ihm</translation>
    </message>
    <message>
        <source>friend of a friend</source>
        <translation>über andere bekannt</translation>
    </message>
    <message>
        <source>known</source>
        <translation>bekannt</translation>
    </message>
    <message>
        <source>not tried</source>
        <translation>unerprobt</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>gehalten</translation>
    </message>
    <message>
        <source>broken at times</source>
        <translation>teils gebrochen</translation>
    </message>
    <message>
        <source>not trusted</source>
        <translation>nicht zu trauen</translation>
    </message>
</context>
<context>
    <name>PeersModel</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>To you</source>
        <translation>Beziehung</translation>
    </message>
    <message>
        <source>Items</source>
        <translation>Stücke</translation>
    </message>
    <message>
        <source>Catalogue</source>
        <translation>Katalog</translation>
    </message>
    <message>
        <source>Word</source>
        <translation>Wort</translation>
    </message>
    <message>
        <source>Last heard</source>
        <translation>Zuletzt da</translation>
    </message>
</context>
<context>
    <name>PeersPage</name>
    <message>
        <source>Peers</source>
        <translation>Peers</translation>
    </message>
    <message>
        <source>Search in Peers: names or keys</source>
        <translation>Suchen in Peers: Namen oder Schlüssel</translation>
    </message>
    <message>
        <source>My card…</source>
        <translation>Meine Karte …</translation>
    </message>
    <message>
        <source>Publish…</source>
        <translation>Veröffentlichen …</translation>
    </message>
    <message>
        <source>Follow somebody…</source>
        <translation>Jemandem folgen …</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Followed</source>
        <translation>Gefolgte</translation>
    </message>
    <message>
        <source>Known</source>
        <translation>Bekannte</translation>
    </message>
    <message>
        <source>Blocked</source>
        <translation>Blockierte</translation>
    </message>
    <message>
        <source>Show: {which}</source>
        <translation>Zeigen: {which}</translation>
    </message>
    <message>
        <source>No peer is called “{text}”.</source>
        <translation>Kein Peer heißt „{text}“.</translation>
    </message>
    <message>
        <source>You have blocked nobody.</source>
        <translation>Du hast niemanden blockiert.</translation>
    </message>
    <message>
        <source>You follow nobody yet. A friend&apos;s card, a key or an address is enough.</source>
        <translation>Du folgst noch niemandem. Die Karte eines Freundes, ein Schlüssel oder eine Adresse genügt.</translation>
    </message>
    <message>
        <source>Peers are other listeners who publish what they have. The network is off.</source>
        <translation>Peers sind andere Hörer, die veröffentlichen, was sie haben. Das Netzwerk ist aus.</translation>
    </message>
    <message>
        <source>See what switching it on means…</source>
        <translation>Ansehen, was Einschalten heißt …</translation>
    </message>
    <message>
        <source>Nobody was heard of yet; it takes a minute or two. A friend&apos;s card leads in at once.</source>
        <translation>Noch war von niemandem etwas zu hören; das dauert ein, zwei Minuten. Mit der Karte eines Freundes geht es sofort.</translation>
    </message>
    <message>
        <source>You follow them now. Their catalogue is fetched as soon as they are found.</source>
        <translation>Du folgst jetzt. Der Katalog wird geholt, sobald der Peer gefunden ist.</translation>
    </message>
    <message>
        <source>Unblock</source>
        <translation>Nicht mehr blockieren</translation>
    </message>
    <message>
        <source>Do not follow any longer</source>
        <translation>Nicht mehr folgen</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Folgen</translation>
    </message>
    <message>
        <source>Show what it offers</source>
        <translation>Zeigen, was er anbietet</translation>
    </message>
    <message>
        <source>Block…</source>
        <translation>Blockieren …</translation>
    </message>
    <message>
        <source>Copy its key</source>
        <translation>Seinen Schlüssel kopieren</translation>
    </message>
</context>
<context>
    <name>Places</name>
    <message>
        <source>For You</source>
        <translation>Für dich</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>Karte</translation>
    </message>
    <message>
        <source>Discover</source>
        <translation>Entdecken</translation>
    </message>
    <message>
        <source>Playlists</source>
        <translation>Playlists</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Taste</source>
        <translation>Geschmack</translation>
    </message>
    <message>
        <source>Peers</source>
        <translation>Peers</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Found</source>
        <translation>Gefunden</translation>
    </message>
    <message>
        <source>More like this</source>
        <translation>Mehr davon</translation>
    </message>
    <message>
        <source>Similar moments</source>
        <translation>Ähnliche Momente</translation>
    </message>
    <message>
        <source>Publishing</source>
        <translation>Veröffentlichen</translation>
    </message>
    <message>
        <source>Library care</source>
        <translation>Pflege</translation>
    </message>
    <message>
        <source>Welcome</source>
        <translation>Willkommen</translation>
    </message>
</context>
<context>
    <name>PlayCommands</name>
    <message numerus="yes">
        <source>%n taken out of the queue</source>
        <translation>
            <numerusform>%n aus der Warteschlange genommen</numerusform>
            <numerusform>%n aus der Warteschlange genommen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Playback</name>
    <message>
        <source>playing something else</source>
        <translation>etwas anderes spielen</translation>
    </message>
    <message>
        <source>adding to the queue</source>
        <translation>in die Warteschlange stellen</translation>
    </message>
    <message>
        <source>play next</source>
        <translation>als Nächstes spielen</translation>
    </message>
    <message>
        <source>removing from the queue</source>
        <translation>aus der Warteschlange nehmen</translation>
    </message>
    <message>
        <source>moving in the queue</source>
        <translation>in der Warteschlange verschieben</translation>
    </message>
    <message>
        <source>clearing the queue</source>
        <translation>Warteschlange leeren</translation>
    </message>
    <message>
        <source>shuffling</source>
        <translation>mischen</translation>
    </message>
    <message>
        <source>unshuffling</source>
        <translation>nicht mehr mischen</translation>
    </message>
</context>
<context>
    <name>PlaybackSection</name>
    <message>
        <source>Playback</source>
        <translation>Wiedergabe</translation>
    </message>
    <message>
        <source>Even loudness (ReplayGain)</source>
        <translation>Gleiche Lautstärke (ReplayGain)</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Every track alike</source>
        <translation>Jeder Titel gleich</translation>
    </message>
    <message>
        <source>Every album alike</source>
        <translation>Jedes Album gleich</translation>
    </message>
    <message>
        <source>Albums as a whole, else tracks</source>
        <translation>Alben als Ganzes, sonst Titel</translation>
    </message>
    <message>
        <source>Uses the loudness that the files&apos; tags name.</source>
        <translation>Nimmt die Lautstärke, die in den Tags der Dateien steht.</translation>
    </message>
    <message>
        <source>Louder or softer than that</source>
        <translation>Lauter oder leiser als das</translation>
    </message>
    <message>
        <source>At the queue&apos;s end, go on with what you may like</source>
        <translation>Am Ende der Warteschlange mit dem weiter, was dir gefallen könnte</translation>
    </message>
    <message>
        <source>Re-ranked after every like and skip.</source>
        <translation>Nach jedem „Gefällt mir“ und jedem Überspringen neu geordnet.</translation>
    </message>
    <message>
        <source>Go on where a video or a long recording was left</source>
        <translation>Videos und lange Aufnahmen dort fortsetzen, wo sie aufhörten</translation>
    </message>
    <message>
        <source>Louder or softer, in decibels</source>
        <translation>Lauter oder leiser, in Dezibel</translation>
    </message>
</context>
<context>
    <name>PlayerBar</name>
    <message>
        <source>Volume</source>
        <translation>Lautstärke</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Repeat: off</source>
        <translation>Von vorn: aus</translation>
    </message>
    <message>
        <source>Repeat: list</source>
        <translation>Von vorn: Liste</translation>
    </message>
    <message>
        <source>Repeat: album</source>
        <translation>Von vorn: Album</translation>
    </message>
    <message>
        <source>Repeat: track</source>
        <translation>Von vorn: Titel</translation>
    </message>
</context>
<context>
    <name>PlaylistEdits</name>
    <message>
        <source>new playlist</source>
        <translation>neue Playlist</translation>
    </message>
    <message>
        <source>Made “{playlist}”</source>
        <translation>„{playlist}“ ist angelegt</translation>
    </message>
    <message>
        <source>renaming a playlist</source>
        <translation>Playlist umbenennen</translation>
    </message>
    <message>
        <source>deleting a playlist</source>
        <translation>Playlist löschen</translation>
    </message>
    <message>
        <source>The playlist is deleted</source>
        <translation>Die Playlist ist gelöscht</translation>
    </message>
    <message>
        <source>Added to “{playlist}”: {count}</source>
        <translation>Neu in „{playlist}“: {count}</translation>
    </message>
    <message>
        <source>adding to a playlist</source>
        <translation>zu einer Playlist hinzufügen</translation>
    </message>
    <message>
        <source>removing from a playlist</source>
        <translation>aus einer Playlist nehmen</translation>
    </message>
    <message>
        <source>Removed from the playlist: {count}</source>
        <translation>Aus der Playlist genommen: {count}</translation>
    </message>
    <message>
        <source>moving in a playlist</source>
        <translation>in einer Playlist verschieben</translation>
    </message>
    <message>
        <source>New playlist</source>
        <translation>Neue Playlist</translation>
    </message>
</context>
<context>
    <name>PlaylistNames</name>
    <message>
        <source>Playlists</source>
        <translation>Playlists</translation>
    </message>
</context>
<context>
    <name>PlaylistsPage</name>
    <message>
        <source>Playlists</source>
        <translation>Playlists</translation>
    </message>
    <message>
        <source>Import playlists</source>
        <translation>Playlists importieren</translation>
    </message>
    <message>
        <source>Playlists (*.m3u *.m3u8)</source>
        <translation>Playlists (*.m3u *.m3u8)</translation>
    </message>
    <message>
        <source>Export playlist</source>
        <translation>Playlist exportieren</translation>
    </message>
    <message>
        <source>Playlist (*.m3u8)</source>
        <translation>Playlist (*.m3u8)</translation>
    </message>
    <message>
        <source>“{playlist}” is written to {file}</source>
        <translation>„{playlist}“ steht nun in {file}</translation>
    </message>
    <message>
        <source>New playlist</source>
        <translation>Neue Playlist</translation>
    </message>
    <message>
        <source>No playlists yet. Make one, or drag music here.</source>
        <translation>Noch keine Playlists. Lege eine an oder zieh Musik hierher.</translation>
    </message>
    <message>
        <source>Play this playlist</source>
        <translation>Diese Playlist abspielen</translation>
    </message>
    <message>
        <source>Add this playlist to the queue</source>
        <translation>Diese Playlist an die Warteschlange</translation>
    </message>
    <message>
        <source>More for this playlist</source>
        <translation>Mehr zu dieser Playlist</translation>
    </message>
    <message>
        <source>This playlist is empty. Drag tracks or files here.</source>
        <translation>Diese Playlist ist leer. Zieh Titel oder Dateien hierher.</translation>
    </message>
    <message>
        <source>What could not be found</source>
        <translation>Was nicht gefunden wurde</translation>
    </message>
    <message>
        <source>Close this report</source>
        <translation>Diesen Bericht schließen</translation>
    </message>
    <message>
        <source>Remove from this playlist</source>
        <translation>Aus dieser Playlist nehmen</translation>
    </message>
    <message>
        <source>1 item</source>
        <translation>1 Stück</translation>
    </message>
    <message>
        <source>{count} items</source>
        <translation>{count} Stücke</translation>
    </message>
    <message>
        <source>Nothing in this playlist matches “{text}”.</source>
        <translation>In dieser Playlist passt nichts zu „{text}“.</translation>
    </message>
    <message>
        <source>{names} and {more} more</source>
        <translation>{names} und {more} weitere</translation>
    </message>
    <message>
        <source>{count} not in the library: {names}. Add their folder, then try again.</source>
        <translation>{count} nicht in der Bibliothek: {names}. Füge ihren Ordner hinzu und versuche es noch einmal.</translation>
    </message>
    <message>
        <source>{count} are addresses on the internet and were left out.</source>
        <translation>{count} sind Adressen im Internet und wurden ausgelassen.</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Add to queue</source>
        <translation>An die Warteschlange</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Publish…</source>
        <translation>Veröffentlichen …</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
</context>
<context>
    <name>PreviewModel</name>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>Artist</source>
        <translation>Interpret</translation>
    </message>
    <message>
        <source>Album</source>
        <translation>Album</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>Tags</translation>
    </message>
    <message>
        <source>Year</source>
        <translation>Jahr</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Vectors</source>
        <translation>Vektoren</translation>
    </message>
    <message>
        <source>stays private</source>
        <translation>bleibt privat</translation>
    </message>
    <message>
        <source>leaves</source>
        <translation>geht hinaus</translation>
    </message>
    <message>
        <source>none named</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>sound</source>
        <translation>Klang</translation>
    </message>
    <message>
        <source>picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>keine</translation>
    </message>
</context>
<context>
    <name>ProblemsView</name>
    <message>
        <source>Try all again</source>
        <translation>Alle noch einmal versuchen</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Copy the list</source>
        <translation>Liste kopieren</translation>
    </message>
    <message>
        <source>Files that could not be read</source>
        <translation>Dateien, die nicht gelesen werden konnten</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschah</translation>
    </message>
    <message>
        <source>At</source>
        <translation>Bei</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Every file could be read.</source>
        <translation>Jede Datei konnte gelesen werden.</translation>
    </message>
    <message>
        <source>1 file could not be read. It is tried again when it changes.</source>
        <translation>1 Datei konnte nicht gelesen werden. Wenn sie sich ändert, wird sie wieder versucht.</translation>
    </message>
    <message>
        <source>{count} files could not be read. They are tried again when they change.</source>
        <translation>{count} Dateien konnten nicht gelesen werden. Wenn sie sich ändern, werden sie wieder versucht.</translation>
    </message>
    <message>
        <source>its tags</source>
        <translation>Tags</translation>
    </message>
    <message>
        <source>decoding</source>
        <translation>Dekodieren</translation>
    </message>
    <message>
        <source>listening</source>
        <translation>Anhören</translation>
    </message>
    <message>
        <source>playing</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Trying {count} files again</source>
        <translation>{count} Dateien werden noch einmal versucht</translation>
    </message>
    <message>
        <source>The list is on the clipboard</source>
        <translation>Die Liste ist in der Zwischenablage</translation>
    </message>
</context>
<context>
    <name>ProgressStrip</name>
    <message>
        <source>The studio is being started again. Playing and rating go on meanwhile.</source>
        <translation>Das Studio startet neu. Abspielen und Bewerten gehen weiter.</translation>
    </message>
</context>
<context>
    <name>PropertiesWindow</name>
    <message>
        <source>Properties</source>
        <translation>Eigenschaften</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>disc {disc}, </source>
        <translation>CD {disc}, </translation>
    </message>
    <message>
        <source>{rate} kbit/s</source>
        <translation>{rate} kbit/s</translation>
    </message>
    <message>
        <source>{rate} kHz</source>
        <translation>{rate} kHz</translation>
    </message>
    <message>
        <source>mono</source>
        <translation>Mono</translation>
    </message>
    <message>
        <source>stereo</source>
        <translation>Stereo</translation>
    </message>
    <message>
        <source>liked</source>
        <translation>gefällt dir</translation>
    </message>
    <message>
        <source>disliked</source>
        <translation>gefällt dir nicht</translation>
    </message>
    <message>
        <source>{stars} of 5 stars</source>
        <translation>{stars} von 5 Sternen</translation>
    </message>
    <message>
        <source>{score} of 100, give or take {deviation}</source>
        <translation>{score} von 100, auf {deviation} genau</translation>
    </message>
    <message>
        <source>{plays} played, {skips} skipped</source>
        <translation>{plays}-mal gespielt, {skips}-mal übersprungen</translation>
    </message>
    <message>
        <source>Artist</source>
        <translation>Interpret</translation>
    </message>
    <message>
        <source>Album</source>
        <translation>Album</translation>
    </message>
    <message>
        <source>Album artist</source>
        <translation>Album-Interpret</translation>
    </message>
    <message>
        <source>Track</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>Genre</source>
        <translation>Genre</translation>
    </message>
    <message>
        <source>Year</source>
        <translation>Jahr</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Your rating</source>
        <translation>Deine Bewertung</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>Prognose</translation>
    </message>
    <message>
        <source>Heard</source>
        <translation>Gehört</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>Hinzugefügt</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>{path} (not connected)</source>
        <translation>{path} (nicht verbunden)</translation>
    </message>
</context>
<context>
    <name>Publishing</name>
    <message>
        <source>Nothing is published any longer</source>
        <translation>Es wird nichts mehr veröffentlicht</translation>
    </message>
    <message>
        <source>Published: {items}. The catalogue is made now</source>
        <translation>Veröffentlicht: {items}. Der Katalog entsteht jetzt</translation>
    </message>
    <message>
        <source>Kept: {items}. Nothing leaves before the network is on and publishing with it</source>
        <translation>Gemerkt: {items}. Nichts geht hinaus, bevor das Netzwerk und das Veröffentlichen an sind</translation>
    </message>
    <message>
        <source>publishing</source>
        <translation>veröffentlichen</translation>
    </message>
    <message>
        <source>keeping items private</source>
        <translation>Stücke privat halten</translation>
    </message>
    <message>
        <source>no longer keeping items private</source>
        <translation>Stücke nicht mehr privat halten</translation>
    </message>
    <message>
        <source>{items}: a catalogue of about {catalogue} with what stands below, for everybody; their files, {files} together, for whoever asks for one.</source>
        <translation>{items}: ein Katalog von etwa {catalogue} mit dem, was unten steht, für alle; die Dateien, zusammen {files}, für jeden, der eine davon will.</translation>
    </message>
    <message>
        <source>Kept private: {count}.</source>
        <translation>Privat gehalten: {count}.</translation>
    </message>
    <message>
        <source>Without vectors yet, so that nobody can score them: {count}.</source>
        <translation>Noch ohne Vektoren, sodass niemand eine Prognose für sie hat: {count}.</translation>
    </message>
    <message>
        <source>1 of them names no licence that lets it be passed on.</source>
        <translation>1 davon nennt keine Lizenz, die das Weitergeben erlaubt.</translation>
    </message>
    <message>
        <source>{count} of them name no licence that lets them be passed on.</source>
        <translation>{count} davon nennen keine Lizenz, die das Weitergeben erlaubt.</translation>
    </message>
    <message>
        <source>Publish only what you made yourself or what its makers let everybody share: bought music and films may as a rule not be given to others. You answer for it, and your address is seen.</source>
        <translation>Veröffentliche nur, was du selbst gemacht hast oder was alle weitergeben dürfen: Gekaufte Musik und Filme dürfen in der Regel nicht weitergegeben werden. Du stehst dafür ein, und deine Adresse ist zu sehen.</translation>
    </message>
    <message>
        <source>Nothing of “{title}” leaves: it stays private.</source>
        <translation>Von „{title}“ geht nichts hinaus: Es bleibt privat.</translation>
    </message>
    <message>
        <source>Leaves: {fields}.</source>
        <translation>Geht hinaus: {fields}.</translation>
    </message>
    <message>
        <source>Its tags give no title, so the file&apos;s name stands for it and leaves. Not: its folder, dates, ratings, plays.</source>
        <translation>Die Tags nennen keinen Titel, also steht der Dateiname dafür und geht hinaus. Nicht: Ordner, Zeitangaben, Bewertungen, Gehörtes.</translation>
    </message>
    <message>
        <source>Not: the file&apos;s name ({file}), its folder, dates, ratings, plays.</source>
        <translation>Nicht: Dateiname ({file}), Ordner, Zeitangaben, Bewertungen, Gehörtes.</translation>
    </message>
    <message>
        <source>“{word}”</source>
        <translation>„{word}“</translation>
    </message>
    <message>
        <source>no licence</source>
        <translation>keine Lizenz</translation>
    </message>
    <message>
        <source>the file&apos;s type and fingerprint</source>
        <translation>Art und Fingerabdruck der Datei</translation>
    </message>
    <message>
        <source>width and height</source>
        <translation>Breite und Höhe</translation>
    </message>
    <message>
        <source>vector “{space}”</source>
        <translation>Vektor „{space}“</translation>
    </message>
</context>
<context>
    <name>PublishingPage</name>
    <message>
        <source>Publishing</source>
        <translation>Veröffentlichen</translation>
    </message>
    <message>
        <source>Stop publishing</source>
        <translation>Nicht mehr veröffentlichen</translation>
    </message>
    <message>
        <source>Network settings…</source>
        <translation>Netzwerk-Einstellungen …</translation>
    </message>
    <message>
        <source>Back to the peers</source>
        <translation>Zurück zu den Peers</translation>
    </message>
    <message>
        <source>What leaves of the chosen item</source>
        <translation>Was vom gewählten Stück hinausgeht</translation>
    </message>
    <message>
        <source>Keep these private</source>
        <translation>Diese privat halten</translation>
    </message>
    <message>
        <source>What would leave</source>
        <translation>Was hinausginge</translation>
    </message>
    <message>
        <source>Publish these: {items}</source>
        <translation>Diese veröffentlichen: {items}</translation>
    </message>
    <message>
        <source>Publish {items}</source>
        <translation>{items} veröffentlichen</translation>
    </message>
    <message>
        <source>Nothing is ticked. “Stop publishing” takes back what is published now.</source>
        <translation>Nichts ist angehakt. „Nicht mehr veröffentlichen“ nimmt zurück, was jetzt veröffentlicht ist.</translation>
    </message>
    <message>
        <source>You publish nothing. Tick a folder or a playlist to see, item by item, what others would get; nothing leaves before you press “Publish”.</source>
        <translation>Du veröffentlichst nichts. Hake einen Ordner oder eine Playlist an, um Stück für Stück zu sehen, was andere bekämen; nichts geht hinaus, bevor du auf „Veröffentlichen“ drückst.</translation>
    </message>
    <message>
        <source>{done} of {total} read.</source>
        <translation>{done} von {total} gelesen.</translation>
    </message>
    <message>
        <source>Nothing of yours is published.</source>
        <translation>Von dir ist nichts veröffentlicht.</translation>
    </message>
    <message>
        <source>Being taken back: {items}.</source>
        <translation>Wird zurückgenommen: {items}.</translation>
    </message>
    <message>
        <source>Your choice is kept, but nothing leaves: the network, or publishing in its settings, is off.</source>
        <translation>Deine Auswahl ist gemerkt, aber nichts geht hinaus: Das Netzwerk oder das Veröffentlichen in seinen Einstellungen ist aus.</translation>
    </message>
    <message>
        <source>The catalogue is being made: {read}</source>
        <translation>Der Katalog entsteht: {read}</translation>
    </message>
    <message>
        <source>The catalogue is being made anew; now it holds {items}.</source>
        <translation>Der Katalog entsteht neu; jetzt enthält er {items}.</translation>
    </message>
    <message>
        <source>Published now: {items}.</source>
        <translation>Jetzt veröffentlicht: {items}.</translation>
    </message>
</context>
<context>
    <name>PublishingSources</name>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>No folder yet.</source>
        <translation>Noch kein Ordner.</translation>
    </message>
    <message>
        <source>Playlists</source>
        <translation>Playlists</translation>
    </message>
    <message>
        <source>No playlist yet.</source>
        <translation>Noch keine Playlist.</translation>
    </message>
</context>
<context>
    <name>QrPicture</name>
    <message>
        <source>QR code</source>
        <translation>QR-Code</translation>
    </message>
</context>
<context>
    <name>QueueDelegate</name>
    <message>
        <source>From your taste</source>
        <translation>Nach deinem Geschmack</translation>
    </message>
</context>
<context>
    <name>QueueList</name>
    <message>
        <source>Queue</source>
        <translation>Warteschlange</translation>
    </message>
    <message>
        <source>Remove from queue</source>
        <translation>Aus der Warteschlange nehmen</translation>
    </message>
</context>
<context>
    <name>QueueModel</name>
    <message>
        <source>An item that is no longer in the library</source>
        <translation>Ein Stück, das nicht mehr in der Bibliothek ist</translation>
    </message>
</context>
<context>
    <name>QueueView</name>
    <message>
        <source>Queue</source>
        <translation>Warteschlange</translation>
    </message>
    <message>
        <source>Clear queue</source>
        <translation>Warteschlange leeren</translation>
    </message>
    <message>
        <source>Nothing is queued. Double-click something, or drag it here.</source>
        <translation>Nichts wartet. Doppelklicke etwas oder zieh es hierher.</translation>
    </message>
    <message numerus="yes">
        <source>%n to come</source>
        <translation>
            <numerusform>noch %n</numerusform>
            <numerusform>noch %n</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RankedBy</name>
    <message>
        <source>my taste</source>
        <translation>mein Geschmack</translation>
    </message>
    <message>
        <source>likeness to my likes</source>
        <translation>Ähnlichkeit</translation>
    </message>
    <message>
        <source>nearest rated items</source>
        <translation>nächste Stücke</translation>
    </message>
    <message>
        <source>linear regression</source>
        <translation>lineare Regression</translation>
    </message>
    <message>
        <source>Gaussian process</source>
        <translation>Gauß-Prozess</translation>
    </message>
    <message>
        <source>plain neural network</source>
        <translation>neuronales Netz</translation>
    </message>
    <message>
        <source>whom I follow</source>
        <translation>Peers, denen ich folge</translation>
    </message>
</context>
<context>
    <name>RankingChoice</name>
    <message>
        <source>Ranked by</source>
        <translation>Geordnet nach</translation>
    </message>
    <message>
        <source>By what these are ranked</source>
        <translation>Wonach geordnet wird</translation>
    </message>
    <message>
        <source>Ranked by {way}</source>
        <translation>{way}</translation>
    </message>
</context>
<context>
    <name>RankingTable</name>
    <message>
        <source>Which way knows you best?</source>
        <translation>Welche Art kennt dich am besten?</translation>
    </message>
    <message>
        <source>Every way of ranking predicts ratings of yours that it was not shown. Half right is chance.</source>
        <translation>Jede Art zu ordnen sagt Bewertungen von dir voraus, die sie nicht kennt. Die Hälfte richtig wäre Zufall.</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation>Vergleicht …</translation>
    </message>
    <message>
        <source>Not yet: ten likes, dislikes or stars that differ are the least.</source>
        <translation>Noch nicht: Mindestens zehn Bewertungen, die sich unterscheiden, braucht es.</translation>
    </message>
    <message numerus="yes">
        <source>Of %n pair(s) of your ratings, each way put so many in the right order:</source>
        <translation>
            <numerusform>Von %n Paar deiner Bewertungen ordnet jede Art so viele richtig:</numerusform>
            <numerusform>Von %n Paaren deiner Bewertungen ordnet jede Art so viele richtig:</numerusform>
        </translation>
    </message>
    <message>
        <source>{share} % (between {low} and {high})</source>
        <translation>{share} % (zwischen {low} und {high})</translation>
    </message>
</context>
<context>
    <name>RatingStars</name>
    <message>
        <source>Your rating</source>
        <translation>Deine Bewertung</translation>
    </message>
    <message>
        <source>Not rated</source>
        <translation>Nicht bewertet</translation>
    </message>
    <message>
        <source>{stars} of 5 stars</source>
        <translation>{stars} von 5 Sternen</translation>
    </message>
</context>
<context>
    <name>Ratings</name>
    <message>
        <source>Private session: nothing is recorded</source>
        <translation>Private Sitzung: Nichts wird aufgezeichnet</translation>
    </message>
    <message>
        <source>The private session is over</source>
        <translation>Die private Sitzung ist vorbei</translation>
    </message>
    <message>
        <source>like</source>
        <translation>gefällt mir</translation>
    </message>
    <message>
        <source>dislike</source>
        <translation>gefällt mir nicht</translation>
    </message>
    <message>
        <source>neither like nor dislike</source>
        <translation>weder noch</translation>
    </message>
    <message>
        <source>{stars} stars</source>
        <translation>{stars} Sterne</translation>
    </message>
    <message>
        <source>no stars</source>
        <translation>keine Sterne</translation>
    </message>
    <message>
        <source>not now</source>
        <translation>nicht jetzt</translation>
    </message>
    <message numerus="yes">
        <source>%n not recommended for a while</source>
        <translation>
            <numerusform>%n wird eine Weile nicht empfohlen</numerusform>
            <numerusform>%n werden eine Weile nicht empfohlen</numerusform>
        </translation>
    </message>
    <message>
        <source>forget the last play</source>
        <translation>letztes Hören vergessen</translation>
    </message>
    <message>
        <source>The last play is forgotten</source>
        <translation>Das letzte Hören ist vergessen</translation>
    </message>
    <message>
        <source>This could not be saved: {error}</source>
        <translation>Das konnte nicht gespeichert werden: {error}</translation>
    </message>
    <message>
        <source>stars</source>
        <translation>Sterne</translation>
    </message>
</context>
<context>
    <name>RecommendationsSection</name>
    <message>
        <source>Recommendations</source>
        <translation>Empfehlungen</translation>
    </message>
    <message>
        <source>Recommendations come from your likes, stars, plays and skips.</source>
        <translation>Empfohlen wird nach dem, was dir gefällt, deinen Sternen und was du hörst oder überspringst.</translation>
    </message>
    <message>
        <source>Private session</source>
        <translation>Private Sitzung</translation>
    </message>
    <message>
        <source>While it is on, nothing you rate or hear is recorded.</source>
        <translation>Solange sie an ist, wird nichts aufgezeichnet, was du bewertest oder hörst.</translation>
    </message>
    <message>
        <source>Save your feedback as a file</source>
        <translation>Dein Feedback als Datei speichern</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>One line of JSON for every like, rating, play and skip.</source>
        <translation>Eine Zeile JSON für jede Bewertung, jedes Hören und Überspringen.</translation>
    </message>
    <message>
        <source>Take in feedback from a file</source>
        <translation>Feedback aus einer Datei übernehmen</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importieren …</translation>
    </message>
    <message>
        <source>From another machine, say. What is known already is not added twice.</source>
        <translation>Etwa von einem anderen Rechner. Bekanntes kommt nicht doppelt hinein.</translation>
    </message>
    <message>
        <source>Start over</source>
        <translation>Neu anfangen</translation>
    </message>
    <message>
        <source>Forget my taste…</source>
        <translation>Geschmack vergessen …</translation>
    </message>
    <message>
        <source>Likes, dislikes, stars, plays and skips no longer count. It can be undone.</source>
        <translation>Bewertungen, Sterne, Gehörtes und Übersprungenes zählen nicht mehr. Das lässt sich rückgängig machen.</translation>
    </message>
    <message>
        <source>{count} lines are written to {file}</source>
        <translation>{count} Zeilen stehen nun in {file}</translation>
    </message>
    <message>
        <source>Taken in: {count}</source>
        <translation>Übernommen: {count}</translation>
    </message>
    <message>
        <source>already known: {count}</source>
        <translation>schon bekannt: {count}</translation>
    </message>
    <message>
        <source>of files not in the library: {count}</source>
        <translation>zu Dateien außerhalb der Bibliothek: {count}</translation>
    </message>
    <message>
        <source>unreadable: {count}</source>
        <translation>unlesbar: {count}</translation>
    </message>
    <message>
        <source>Export feedback</source>
        <translation>Feedback exportieren</translation>
    </message>
    <message>
        <source>Feedback (*.jsonl)</source>
        <translation>Feedback (*.jsonl)</translation>
    </message>
    <message>
        <source>Import feedback</source>
        <translation>Feedback importieren</translation>
    </message>
    <message>
        <source>Forget your taste?</source>
        <translation>Deinen Geschmack vergessen?</translation>
    </message>
    <message>
        <source>All likes, dislikes, stars, plays and skips stop counting. Undo brings them back.</source>
        <translation>Alle Bewertungen, Sterne, alles Gehörte und Übersprungene zählt nicht mehr. „Rückgängig“ holt es zurück.</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
</context>
<context>
    <name>ScoreBar</name>
    <message>
        <source>Predicted score</source>
        <translation>Prognose</translation>
    </message>
    <message>
        <source>Not scored yet</source>
        <translation>Noch keine Prognose</translation>
    </message>
    <message>
        <source>Predicted: {score} of 100</source>
        <translation>Prognose: {score} von 100</translation>
    </message>
    <message>
        <source>Predicted: {score} of 100, give or take {deviation}</source>
        <translation>Prognose: {score} von 100, auf {deviation} genau</translation>
    </message>
</context>
<context>
    <name>SearchField</name>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
</context>
<context>
    <name>SeekRow</name>
    <message>
        <source>Position</source>
        <translation>Stelle</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Sections of the settings</source>
        <translation>Abschnitte der Einstellungen</translation>
    </message>
</context>
<context>
    <name>ShelfView</name>
    <message>
        <source>Play all of “{shelf}”</source>
        <translation>Alles aus „{shelf}“ abspielen</translation>
    </message>
    <message>
        <source>Add all of “{shelf}” to the queue</source>
        <translation>Alles aus „{shelf}“ an die Warteschlange</translation>
    </message>
    <message>
        <source>Earlier cards</source>
        <translation>Vorige Karten</translation>
    </message>
    <message>
        <source>More cards</source>
        <translation>Weitere Karten</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Search commands and keys</source>
        <translation>Befehle und Tasten suchen</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>New keys</source>
        <translation>Neue Tasten</translation>
    </message>
    <message>
        <source>No key</source>
        <translation>Keine Taste</translation>
    </message>
    <message>
        <source>As at first</source>
        <translation>Wie am Anfang</translation>
    </message>
    <message>
        <source>In lists: Return plays, Q queues, 0 to 5 rate, Ctrl+L likes, Ctrl+D dislikes, N not now, S more like this, W why, Alt+Up and Alt+Down move in the queue, Delete removes.</source>
        <translation>In Listen: Eingabe spielt ab, Q stellt an, 0 bis 5 bewerten, Strg+L gefällt mir, Strg+D gefällt mir nicht, N nicht jetzt, S mehr davon, W warum, Alt+Auf und Alt+Ab verschieben in der Warteschlange, Entf entfernt.</translation>
    </message>
    <message>
        <source>media key</source>
        <translation>Medientaste</translation>
    </message>
    <message>
        <source>New keys for “{command}”:</source>
        <translation>Neue Tasten für „{command}“:</translation>
    </message>
    <message>
        <source>Choose a command to change its keys.</source>
        <translation>Wähle einen Befehl, um seine Tasten zu ändern.</translation>
    </message>
    <message>
        <source>“{command}” has no such key any more.</source>
        <translation>„{command}“ hat diese Taste nicht mehr.</translation>
    </message>
</context>
<context>
    <name>ShortcutsSection</name>
    <message>
        <source>Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Show and change…</source>
        <translation>Zeigen und ändern …</translation>
    </message>
    <message>
        <source>Show and change the keyboard shortcuts</source>
        <translation>Tastenkürzel zeigen und ändern</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Every command and its keys; also with F1.</source>
        <translation>Jeder Befehl und seine Tasten; auch mit F1.</translation>
    </message>
    <message>
        <source>In lists and on cards</source>
        <translation>In Listen und auf Karten</translation>
    </message>
    <message>
        <source>Return plays, Q adds to the queue, 0 to 5 give stars, Ctrl+L likes, Ctrl+D dislikes, N means not now, S finds more like it, W tells why. The Menu key opens the menu.</source>
        <translation>Eingabe spielt ab, Q stellt an, 0 bis 5 geben Sterne, Strg+L gefällt mir, Strg+D gefällt mir nicht, N heißt nicht jetzt, S findet mehr davon, W sagt warum. Die Menütaste öffnet das Menü.</translation>
    </message>
</context>
<context>
    <name>SideBar</name>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
</context>
<context>
    <name>SimilarPage</name>
    <message>
        <source>More like this</source>
        <translation>Mehr davon</translation>
    </message>
    <message>
        <source>Words count here only with a learned encoder.</source>
        <translation>Wörter zählen hier nur mit einem gelernten Encoder.</translation>
    </message>
    <message>
        <source>More like {title}</source>
        <translation>Mehr wie {title}</translation>
    </message>
    <message>
        <source>Comparing with everything else…</source>
        <translation>Wird mit allem anderen verglichen …</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Play all of these</source>
        <translation>Alle diese abspielen</translation>
    </message>
    <message>
        <source>Add all of these to the queue</source>
        <translation>Alle diese an die Warteschlange</translation>
    </message>
    <message>
        <source>Choose “More like this” on anything in your library.</source>
        <translation>Wähle „Mehr davon“ bei irgendetwas in deiner Bibliothek.</translation>
    </message>
    <message>
        <source>More like this one too</source>
        <translation>Auch mehr wie dieses</translation>
    </message>
    <message>
        <source>Less like this one</source>
        <translation>Weniger wie dieses</translation>
    </message>
    <message>
        <source>Say in words what it should be like, or go back and choose something.</source>
        <translation>Sag in Worten, wie es sein soll, oder geh zurück und wähle etwas.</translation>
    </message>
    <message>
        <source>More like these, but…</source>
        <translation>Mehr wie diese, aber …</translation>
    </message>
    <message>
        <source>More like {title}, but…</source>
        <translation>Mehr wie {title}, aber …</translation>
    </message>
    <message>
        <source>This has not been listened to yet. Try again in a moment.</source>
        <translation>Das wurde noch nicht angehört. Versuche es gleich noch einmal.</translation>
    </message>
    <message>
        <source>Nothing was found that is like this.</source>
        <translation>Nichts wurde gefunden, was so ist.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
</context>
<context>
    <name>SourceRow</name>
    <message>
        <source>Publish {name}</source>
        <translation>{name} veröffentlichen</translation>
    </message>
    <message>
        <source>Licence of {name} where tags name none</source>
        <translation>Lizenz von {name}, wo Tags keine nennen</translation>
    </message>
    <message>
        <source>The licence of items whose tags name none</source>
        <translation>Die Lizenz der Stücke, deren Tags keine nennen</translation>
    </message>
    <message>
        <source>licence: none</source>
        <translation>Lizenz: keine</translation>
    </message>
</context>
<context>
    <name>StartOver</name>
    <message>
        <source>There is nothing to forget</source>
        <translation>Es gibt nichts zu vergessen</translation>
    </message>
    <message>
        <source>forgetting the taste</source>
        <translation>Geschmack vergessen</translation>
    </message>
    <message>
        <source>Your taste is forgotten</source>
        <translation>Dein Geschmack ist vergessen</translation>
    </message>
</context>
<context>
    <name>StoreWrites</name>
    <message>
        <source>A change could not be saved</source>
        <translation>Eine Änderung konnte nicht gespeichert werden</translation>
    </message>
</context>
<context>
    <name>StudioBridge</name>
    <message>
        <source>The studio process ended</source>
        <translation>Das Studio hat aufgehört</translation>
    </message>
</context>
<context>
    <name>TastePage</name>
    <message>
        <source>Taste</source>
        <translation>Geschmack</translation>
    </message>
    <message>
        <source>Of what you like, it is surest of these</source>
        <translation>Was dir am sichersten gefällt</translation>
    </message>
    <message>
        <source>Of what you dislike, it is surest of these</source>
        <translation>Was dir am sichersten nicht gefällt</translation>
    </message>
    <message>
        <source>It expects you to like these least</source>
        <translation>Das hier dürfte dir am wenigsten gefallen</translation>
    </message>
    <message>
        <source>Export feedback…</source>
        <translation>Feedback exportieren …</translation>
    </message>
    <message>
        <source>Forget my taste…</source>
        <translation>Geschmack vergessen …</translation>
    </message>
    <message>
        <source>Export feedback</source>
        <translation>Feedback exportieren</translation>
    </message>
    <message>
        <source>Feedback (*.jsonl)</source>
        <translation>Feedback (*.jsonl)</translation>
    </message>
</context>
<context>
    <name>TextField</name>
    <message>
        <source>This cannot be used.</source>
        <translation>Das geht nicht.</translation>
    </message>
</context>
<context>
    <name>Times</name>
    <message>
        <source>{n} s</source>
        <translation>{n} s</translation>
    </message>
    <message>
        <source>{n} min</source>
        <translation>{n} min</translation>
    </message>
    <message>
        <source>{h} h {m} min</source>
        <translation>{h} h {m} min</translation>
    </message>
    <message>
        <source>{n} h</source>
        <translation>{n} h</translation>
    </message>
    <message>
        <source>{n} days</source>
        <translation>{n} Tage</translation>
    </message>
</context>
<context>
    <name>TrackMenus</name>
    <message>
        <source>No subtitles</source>
        <translation>Keine Untertitel</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Show window</source>
        <translation>Fenster zeigen</translation>
    </message>
</context>
<context>
    <name>UndoList</name>
    <message>
        <source>Undone: {step}</source>
        <translation>Rückgängig: {step}</translation>
    </message>
    <message>
        <source>Nothing to undo</source>
        <translation>Nichts rückgängig zu machen</translation>
    </message>
    <message>
        <source>Done again: {step}</source>
        <translation>Wiederholt: {step}</translation>
    </message>
    <message>
        <source>Nothing to redo</source>
        <translation>Nichts zu wiederholen</translation>
    </message>
</context>
<context>
    <name>VideoStage</name>
    <message>
        <source>Large video</source>
        <translation>Großes Video</translation>
    </message>
    <message>
        <source>Leave full screen</source>
        <translation>Vollbild verlassen</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
</context>
<context>
    <name>VideoView</name>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
</context>
<context>
    <name>WelcomePage</name>
    <message>
        <source>Welcome</source>
        <translation>Willkommen</translation>
    </message>
    <message>
        <source>Welcome to Bowerbird</source>
        <translation>Willkommen bei Bowerbird</translation>
    </message>
    <message>
        <source>A player that learns what you like, from your own files, on your own machine.</source>
        <translation>Ein Player, der lernt, was dir gefällt: aus deinen Dateien, auf deinem Rechner.</translation>
    </message>
    <message>
        <source>Drop folders here</source>
        <translation>Ordner hierher ziehen</translation>
    </message>
    <message>
        <source>Drop a folder of music or videos here</source>
        <translation>Zieh einen Ordner mit Musik oder Videos hierher</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>Ordner wählen …</translation>
    </message>
    <message>
        <source>Try the demo</source>
        <translation>Demo ausprobieren</translation>
    </message>
    <message>
        <source>64 short pieces and 6 videos, made on this machine</source>
        <translation>64 kurze Stücke und 6 Videos, auf diesem Rechner gemacht</translation>
    </message>
    <message>
        <source>Your files are read where they lie; never changed, moved or sent anywhere.</source>
        <translation>Deine Dateien werden gelesen, wo sie liegen; nie verändert, verschoben oder verschickt.</translation>
    </message>
    <message>
        <source>Bowerbird listens to them in the background; you can play them meanwhile.</source>
        <translation>Bowerbird hört sie im Hintergrund an; abspielen kannst du sie schon.</translation>
    </message>
    <message>
        <source>Like or dislike a few, and it finds more of what you like, and says why.</source>
        <translation>Sag bei einigen, ob sie dir gefallen; dann findet es mehr davon und sagt warum.</translation>
    </message>
    <message>
        <source>What is built in for sound, pictures and words is enough to begin. To search by words like “rainy night piano”, OpenCLIP ViT-B-32-256 (605 MB) and LAION CLAP (776 MB) can be added at any time: Settings, Encoders.</source>
        <translation>Was für Klang, Bilder und Wörter eingebaut ist, genügt für den Anfang. Um mit Wörtern wie „rainy night piano“ zu suchen, lassen sich OpenCLIP ViT-B-32-256 (605 MB) und LAION CLAP (776 MB) jederzeit hinzufügen: Einstellungen, Encoder.</translation>
    </message>
    <message>
        <source>Making the demo…</source>
        <translation>Demo entsteht …</translation>
    </message>
</context>
<context>
    <name>WhyLine</name>
    <message>
        <source>Why this score</source>
        <translation>Warum diese Prognose</translation>
    </message>
    <message>
        <source>Show every part of the score</source>
        <translation>Jeden Teil der Prognose zeigen</translation>
    </message>
    <message>
        <source>Why this score?</source>
        <translation>Warum diese Prognose?</translation>
    </message>
</context>
<context>
    <name>WhyPanel</name>
    <message>
        <source>Why this score</source>
        <translation>Warum diese Prognose</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Asking the studio…</source>
        <translation>Das Studio wird gefragt …</translation>
    </message>
    <message>
        <source>The same, by what was compared</source>
        <translation>Dasselbe danach, was verglichen wurde</translation>
    </message>
    <message>
        <source>Sum</source>
        <translation>Summe</translation>
    </message>
    <message numerus="yes">
        <source>%n smaller parts</source>
        <translation>
            <numerusform>%n kleinerer Teil</numerusform>
            <numerusform>%n kleinere Teile</numerusform>
        </translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>Klang</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Title, artist, genre</source>
        <translation>Titel, Interpret, Genre</translation>
    </message>
    <message>
        <source>{what}, by {encoder}</source>
        <translation>{what}, laut {encoder}</translation>
    </message>
    <message>
        <source>what any item gets</source>
        <translation>was jedes Stück bekommt</translation>
    </message>
    <message>
        <source>{name}, whom you follow</source>
        <translation>{name}, dem du folgst</translation>
    </message>
    <message>
        <source>not attributed to anything</source>
        <translation>nichts zugeordnet</translation>
    </message>
</context>
<context>
    <name>WindowLinks</name>
    <message>
        <source>“{title}” is in your library now</source>
        <translation>„{title}“ ist jetzt in deiner Bibliothek</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>“{title}” was refused: {reason}</source>
        <translation>„{title}“ wurde abgelehnt: {reason}</translation>
    </message>
    <message>
        <source>“{title}” could not be downloaded: {reason}</source>
        <translation>„{title}“ konnte nicht heruntergeladen werden: {reason}</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
</context>
<context>
    <name>Wording</name>
    <message>
        <source>To begin with: a spread over your library</source>
        <translation>Für den Anfang: quer durch deine Bibliothek</translation>
    </message>
    <message>
        <source>Because you liked {names}</source>
        <translation>Weil dir {names} gefällt</translation>
    </message>
    <message>
        <source>Because of things you liked that are not here now</source>
        <translation>Wegen Stücken, die dir gefielen und gerade nicht da sind</translation>
    </message>
    <message>
        <source>It stands out from what you turned down</source>
        <translation>Es hebt sich von dem ab, was du abgelehnt hast</translation>
    </message>
    <message>
        <source>Worth a try: little is known about this yet</source>
        <translation>Einen Versuch wert: Darüber ist noch wenig bekannt</translation>
    </message>
    <message>
        <source>You like this</source>
        <translation>Das gefällt dir</translation>
    </message>
    <message>
        <source>You do not like this</source>
        <translation>Das gefällt dir nicht</translation>
    </message>
    <message>
        <source>You liked it; not played for {days} days</source>
        <translation>Gefiel dir; seit {days} Tagen nicht gespielt</translation>
    </message>
    <message>
        <source>You played it, but not for {days} days</source>
        <translation>Gespielt, aber seit {days} Tagen nicht mehr</translation>
    </message>
    <message>
        <source>You liked it, but never played it</source>
        <translation>Gefiel dir, aber du hast es nie gespielt</translation>
    </message>
    <message>
        <source>{names} may like it, whom you follow</source>
        <translation>Du folgst {names}: Dort könnte es gefallen</translation>
    </message>
    <message>
        <source>Close to {names}</source>
        <translation>Nah an {names}</translation>
    </message>
    <message>
        <source>Further from home; of your likes it is nearest to {names}</source>
        <translation>Weiter draußen; von dem, was dir gefällt, am nächsten an {names}</translation>
    </message>
    <message>
        <source>Sounds alike</source>
        <translation>Klingt ähnlich</translation>
    </message>
    <message>
        <source>Looks alike</source>
        <translation>Sieht ähnlich aus</translation>
    </message>
    <message>
        <source>Reads alike</source>
        <translation>Liest sich ähnlich</translation>
    </message>
    <message>
        <source>{sentence}; also by {shared}</source>
        <translation>{sentence}; auch von {shared}</translation>
    </message>
    <message>
        <source>{sentence}; also {shared}</source>
        <translation>{sentence}; auch {shared}</translation>
    </message>
    <message>
        <source>{first} and {second}</source>
        <translation>{first} und {second}</translation>
    </message>
    <message>
        <source>an item that is no longer there</source>
        <translation>ein Stück, das nicht mehr da ist</translation>
    </message>
</context>
<context>
    <name>WordsEditor</name>
    <message>
        <source>Words never shown</source>
        <translation>Ausgeschlossene Wörter</translation>
    </message>
    <message>
        <source>Offers with one of these in title, artist, album or tags are never shown. One word or phrase a line; capital letters and accents make no difference.</source>
        <translation>Angebote, bei denen eines davon in Titel, Interpret, Album oder Tags steht, werden nie gezeigt. Ein Wort oder eine Wendung je Zeile; Großschreibung und Akzente machen keinen Unterschied.</translation>
    </message>
</context>
<context>
    <name>WorkView</name>
    <message>
        <source>Nothing is being worked on.</source>
        <translation>Gerade wird an nichts gearbeitet.</translation>
    </message>
    <message>
        <source>Look for changes now</source>
        <translation>Jetzt nach Änderungen suchen</translation>
    </message>
    <message>
        <source>Done since the start</source>
        <translation>Seit dem Start erledigt</translation>
    </message>
    <message>
        <source>{time}  {job}: {count} done in {seconds}</source>
        <translation>{time}  {job}: {count} fertig in {seconds}</translation>
    </message>
    <message>
        <source>{time}  {job}: {seconds}</source>
        <translation>{time}  {job}: {seconds}</translation>
    </message>
    <message>
        <source>, {count} unreadable</source>
        <translation>, {count} unlesbar</translation>
    </message>
    <message>
        <source>, cancelled</source>
        <translation>, abgebrochen</translation>
    </message>
    <message>
        <source>{count} marks or vectors were mended at the start</source>
        <translation>{count} Marken oder Vektoren wurden beim Start repariert</translation>
    </message>
    <message>
        <source>{encoded} of {there} items have been listened to or looked at.</source>
        <translation>{encoded} von {there} Stücken sind angehört oder angesehen.</translation>
    </message>
</context>
<context>
    <name>_Controls</name>
    <message>
        <source>Back to the page</source>
        <translation>Zurück zur Seite</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Sound track</source>
        <translation>Tonspur</translation>
    </message>
    <message>
        <source>Subtitles</source>
        <translation>Untertitel</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>Lautstärke</translation>
    </message>
</context>
<context>
    <name>_JobLine</name>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message numerus="yes">
        <source>%n unreadable</source>
        <translation>
            <numerusform>%n unlesbar</numerusform>
            <numerusform>%n unlesbar</numerusform>
        </translation>
    </message>
</context>
</TS>
