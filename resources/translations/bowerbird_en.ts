<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>OfferView</name>
    <message numerus="yes">
        <source>{publisher}, and %n more</source>
        <translation>
            <numerusform>{publisher}, and %n more</numerusform>
            <numerusform>{publisher}, and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PlayCommands</name>
    <message numerus="yes">
        <source>%n taken out of the queue</source>
        <translation>
            <numerusform>%n taken out of the queue</numerusform>
            <numerusform>%n taken out of the queue</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QueueView</name>
    <message numerus="yes">
        <source>%n to come</source>
        <translation>
            <numerusform>%n to come</numerusform>
            <numerusform>%n to come</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RankingTable</name>
    <message numerus="yes">
        <source>Of %n pair(s) of your ratings, each way put so many in the right order:</source>
        <translation>
            <numerusform>Of %n pair of your ratings, each way put so many in the right order:</numerusform>
            <numerusform>Of %n pairs of your ratings, each way put so many in the right order:</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Ratings</name>
    <message numerus="yes">
        <source>%n not recommended for a while</source>
        <translation>
            <numerusform>%n not recommended for a while</numerusform>
            <numerusform>%n not recommended for a while</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>WhyPanel</name>
    <message numerus="yes">
        <source>%n smaller parts</source>
        <translation>
            <numerusform>%n smaller part</numerusform>
            <numerusform>%n smaller parts</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_JobLine</name>
    <message numerus="yes">
        <source>%n unreadable</source>
        <translation>
            <numerusform>%n unreadable</numerusform>
            <numerusform>%n unreadable</numerusform>
        </translation>
    </message>
</context>
</TS>
