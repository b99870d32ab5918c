"""Class names of the embedded world: one character each, distinct in shape across six fonts.

Chosen once from the characters common to DejaVu Sans, Serif and Mono: a character entered when
its blurred shape differed from every earlier one's by half their mean ink or more.
"""

TARGETS = "23456789ABCDEFGHJKLMNOPQRSTUVWXYZabdefghijmnqrt&?%"

OTHERS = (
    "!\"#$'*+,./1:;<=>@\\k~¢£¤¦§©ª¬°±µ¶¼¿ÀÆÇÈÑÒ×ÙÝÞàæéìíøúýþĄĆĉďĘęĝĥĲĳĴĶķĻľŅņ"
    "ŉŒŔŕŖŗŚśŞţŤŲŴŹźƁƄƆƇƈƊƐƑƒƔƕƖƛƜƝơƢƣƤƩƪƯƳƺƾǁǂǢǣǩǬǯǶȉșȚȜȡȤȫȴȵȹȾɀɁɕɖɚɝɟɤɭɮɰ"
    "ɱɲɳɷɸɹɺɻɿʁʇʉʍʐʑʕʗʞʣʤʦʧʨʩʪʫʬʭʮʯΈΉΊΎΏΐΦΨάήΰβζηνρςχωϊώϗϞϟϠϡ϶ϻЂЉЋЍДЖЛЦЧЩЫЮ"
    "къяђџѣҐғҕҖҙқңҥҲҺӁӇӋӟӬӴӶӸԲԳԶԷԹԺԻԽԾԿՀՂՃՆՊՌՎՒՔՖ՛՜՝՞՟բէթխմնչփևადეზლოპრუფქძ"
    "წჯჲჴჵჶ჻ᴖᴗᴝᴞᴟᶅḁḃḆḉḌḜḟḩḸḾḿṂṜṝṩṵṼṾẈẊẍẘẬợỨừỰỴἆἈἊἐἚἦἪἮἴἺἼὊὕὛὟὦὮᾀᾠιῬῺ‖‣…‰″‴‶"
    "‷‼⁇⁈⁉⁋₦₯₹ℏ№™⅔⅟←→↕↖↗↘↙↜↝↫↬↮↯↰↱↲↳↴↵↶↷↸↹↺↻↽↿⇀⇄⇅⇋⇍⇏⇖⇗⇘⇙⇦⇧⇨⇩⇱⇲⇶⇿∄∈∉∋∏∓√∛∝∞∟"
    "∠∩∪∬∭∸∹∺∽≐≡≤≥⊂⊃⊅⊆⊇⊏⊐⊓⊔⊗⊞⊢⊣⊥⋄⌂⌐⌑⌘⌙⌥⍽⎛⎝⎞⎠⎡⎤⏏␣━┆┍┑┒┕┖┘├┠┥┭┲┵┺┼╓╖╚╝╢╤╥╧╨╱╲"
    "╳╸░▒▚▞□▭▱▲△▷▻▽◁◂◅◇◈◊○◌◐◑◒◓◖◜◝◞◟◠◡◢◣◤◥◸◹◺◿☼☿♀♂♃♅♆♡♢♤♧♩♪♫♬♭♮♯⟵"
)

#: The classes of glyphs-22k; the first 50 are those of glyphs-1k, with the same labels.
CHARACTERS = TARGETS + OTHERS
