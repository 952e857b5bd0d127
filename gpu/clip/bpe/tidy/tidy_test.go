package tidy

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

func TestText(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"a red apple", "a red apple"},

		// Small repairs.
		{"“low” ‘and’ „high‟ ʼn ‚x‛", `"low" 'and' "high" 'n 'x'`},
		{"ﬁne ﬂow oﬀ aﬃne ﬆ ĳs ŉ ǆ Ǆ ǅ", "fine flow off affine st ijs 'n dž DŽ Dž"},
		{"ＬＯＵＤ　ＮＯＩＳＥＳ ﾀ ￥", "LOUD NOISES タ ¥"},
		{"e\u0301 A\u030a", "é Å"},
		{"a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne"},
		{"be\x00ll\x07 \u206a\ufeffx\ufffc\x7f", "bell x"},
		{"joined\u200d\u200e stays", "joined\u200d\u200e stays"},
		{"\x1b[36;44mblue\x1b[0m \x1b[1", "blue [1"},
		{"invalid \xff byte", "invalid \ufffd byte"},

		// Entities, before the repair of character sets.
		{"&eacute; &EACUTE; &Eacute; &eAcute;", "é É É &eAcute;"},
		{"STRA&SZLIG;E", "STRASSE"},
		{"&amp;amp; &hellip; &#39; &#x27; &#X27;", "& … ' ' '"},
		{"this&not that &amp", "this&not that &amp"},
		{"&#xD83D; &#0; &#1;.", "\ufffd \ufffd ."},
		{"&#59; &nosuchname; &; & &#; &#x;", "&#59; &nosuchname; &; & &#; &#x;"},
		{"<b> &eacute;", "<b> &eacute;"},
		{"&eacute;\n<b> &eacute;\n&eacute;", "é\n<b> &eacute;\n&eacute;"},
		{"&Atilde;&copy;", "é"},

		// Wrong character sets.
		{"schÃ¶n", "schön"},
		{"âœ” No problems", "✔ No problems"},
		{"voilÃ\u00a0 le travail", "voilà le travail"},
		{"voilÃ le travail", "voilà le travail"},
		{"nÃ£o vou Ã s aulas", "não vou às aulas"},
		{"Ã la carte", "à la carte"},
		{"clichÃƒÂ©", "cliché"},
		{"fire ðŸ”¥ fire", "fire 🔥 fire"},
		{"grin í\u00a0½í¸\u0080", "grin 😀"},
		{"next\u0085line \u0093quoted\u0094", "next…line \"quoted\""},
		{"crÃ¨me brÃ»lÃ©e, â€œfinâ€\u009d", "crème brûlée, \"fin\""},
		{"lost â€œquoteâ€�", "lost \"quote�"},
		{"lost â€œquoteâ€? here", "lost \"quote� here"},
		{"ä and Ã¶ in “one” line", "ä and ö in \"one\" line"},
		{"\x1a kept out of it: Ã©", " kept out of it: é"},

		// Sound text that looks a little like it.
		{"Ã", "Ã"},
		{"Brontë…”", "Brontë…\""},
		{"SÃO PAULO É LINDO!", "SÃO PAULO É LINDO!"},
		{"90° × 2 ± 1 € – ½", "90° × 2 ± 1 € – ½"},
		{"Ångström Ø Öl Æther", "Ångström Ø Öl Æther"},
		{"ŁÓDŹ™ ŻÓŁĆ®", "ŁÓDŹ™ ŻÓŁĆ®"},
		{"«Привет», мир", "«Привет», мир"},
		{"¯\\_(ツ)_/¯ (╯°□°)╯︵ ┻━┻", "¯\\_(ツ)_/¯ (╯°□°)╯︵ ┻━┻"},
		{"µ ¶ § ª º ¤", "µ ¶ § ª º ¤"},
	} {
		if got := Text(test.in); got != test.want {
			t.Errorf("Text(%q)\n got %q\nwant %q", test.in, got, test.want)
		}
		if got := Text(test.want); got != test.want && !strings.ContainsAny(test.in, "&\x1a<") {
			t.Errorf("Text(%q) a second time gives %q", test.want, got)
		}
	}
}

// TestMisread writes sound texts as UTF-8, reads the bytes with character sets, once and twice, and expects the text back. The
// sets left out give a text that could be meant.
func TestMisread(t *testing.T) {
	sets := map[string]*charmap.Charmap{
		"Latin-1": charmap.ISO8859_1, "Windows-1252": charmap.Windows1252, "Windows-1251": charmap.Windows1251,
		"Windows-1250": charmap.Windows1250, "MacRoman": charmap.Macintosh, "CP437": charmap.CodePage437,
	}
	for _, test := range []struct{ text, sets string }{
		{"Füße über den Dächern von Köln", "Latin-1 Windows-1252 Windows-1251 Windows-1250 MacRoman CP437"},
		{"l'été dernier, élève et château", "Latin-1 Windows-1252 Windows-1250 MacRoman CP437"},
		{"un niño pequeño y su año de sueños", "Latin-1 Windows-1252 Windows-1250 MacRoman"},
		{"замок в тумане", "Latin-1 Windows-1252 Windows-1251 Windows-1250 CP437"},
		{"κάστρο στην ομίχλη", "Latin-1 Windows-1252 Windows-1250 MacRoman CP437"},
		{"霧の中の城", "Latin-1 Windows-1252 Windows-1250 MacRoman CP437"},
		{"قلعة في الضباب", "Latin-1 Windows-1252 Windows-1250 MacRoman CP437"},
		{"zámek v mlze, žluťoučký kůň", "Latin-1 Windows-1252 Windows-1250 MacRoman CP437"},
		{"a fox — running — 🦊", "Latin-1 Windows-1252 Windows-1250 MacRoman CP437"},
	} {
		for _, name := range strings.Fields(test.sets) {
			once := misread(sets[name], test.text)
			if got := Text(once); got != test.text {
				t.Errorf("%s: %q\n gives %q\n  want %q", name, once, got, test.text)
			}
			if name != "Windows-1252" && name != "Latin-1" {
				continue
			}
			if twice := misread(sets[name], once); Text(twice) != test.text {
				t.Errorf("%s twice: %q gives %q, want %q", name, twice, Text(twice), test.text)
			}
		}
	}
}

// misread decodes the UTF-8 of s with a character set; bytes without a character become control characters.
func misread(set *charmap.Charmap, s string) string {
	var b strings.Builder
	for i := range len(s) {
		r := set.DecodeByte(s[i])
		if r == utf8.RuneError {
			r = rune(s[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestUnescape follows Python's html.unescape.
func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"no reference":                      "no reference",
		"&amp;&amp &lt;&lt &AMP;":           "&& << &",
		"&notit; &notin; &copyx &am; &a":    "¬it; ∉ ©x &am; &a",
		"&#65; &#65 &#x41; &#X41 &#x41g":    "A A A A Ag",
		"&#0; &#xD800; &#x110000;":          "\ufffd \ufffd \ufffd",
		"&#99999999999999999999;":           "\ufffd",
		"&#128;&#x9f;&#x81;":                "€Ÿ\u0081",
		"&#1;&#11;&#31;&#127;&#xfdd0;.":     ".",
		"&#x1fffe;&#xffff;.&#13;.&#10;.":    ".\r.\n.",
		"&#; &#x; &; & &":                   "&#; &#x; &; & &",
		"&NotEqualTilde;":                   "≂̸",
		"&CounterClockwiseContourIntegral;": "∳",
	} {
		if got := Unescape(in); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"Ã\u00a0 la &Atilde;&copy; ﬁ\n<b>&amp;", "â€�\x1a\u0085Ω", "\xed\xa0\x80", "í\u00a0½í¸\u0080", "ГўВЂВ.a √± ‚Äì", "\x1b[1;2m&#x1b;[0m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if !utf8.ValidString(got) {
			t.Errorf("Text(%q) = %q", s, got)
		}
		if !utf8.ValidString(Unescape(strings.ToValidUTF8(s, ""))) {
			t.Errorf("Unescape(%q) is not UTF-8", s)
		}
		if plain := norm.NFC.String(strings.Map(withoutControls, s)); isASCII(s) && !strings.ContainsAny(s, "&\x1b\r") && got != plain {
			t.Errorf("Text(%q) = %q, want %q", s, got, plain)
		}
	})
}
