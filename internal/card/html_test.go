package card

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// parsed is what a page consists of. Pages are well-formed XML too, so that markup from elsewhere would be found by a strict parser.
type parsed struct {
	elements, attributes []string
	texts                []string
}

func parse(page string) (parsed, error) {
	d := xml.NewDecoder(strings.NewReader(page))
	var out parsed
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		switch x := token.(type) {
		case xml.StartElement:
			out.elements = append(out.elements, x.Name.Local)
			for _, a := range x.Attr {
				out.attributes = append(out.attributes, a.Name.Local)
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(x)); s != "" {
				out.texts = append(out.texts, s)
			}
		case xml.Comment, xml.ProcInst:
			return out, errors.New("a page has no comments")
		}
	}
}

// TestHTMLIsHarmless: whatever the texts are, the page has the elements and attributes that it has with plain texts, and the texts as texts.
func TestHTMLIsHarmless(t *testing.T) {
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='x`, `</style><script>`, `<!-- `, `-->`, `]]>`, `&lt;b&gt;`, `javascript:alert(1)`,
		"\x1b[31m\u202eevil\u202c", "שלום ليلى", "👨‍👩‍👧‍👦🎂", "{{.Code}}", "\x00\ufffe", "</main></body>", "<?php ?>", "`${x}`", "sha256-' 'unsafe-inline",
	} {
		for _, format := range papers() {
			checkHarmless(t, evil, format)
		}
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("<b>bold</b>\n\u202eabc")
	f.Fuzz(func(t *testing.T, text string) { checkHarmless(t, text, papers()[len(text)%3]) })
}

func checkHarmless(t *testing.T, text string, format surprisev1.CardFormat) {
	t.Helper()
	text = strings.Join(strings.Fields(line(text)), " ")
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r == '\ufffe' || r == '\uffff' }) {
		text = "plain" // XML has no such characters; they are no danger
	}
	want, err := HTML(fuller("plain"), format)
	if err != nil {
		t.Fatal(err)
	}
	got, err := HTML(fuller(text), format)
	if err != nil {
		t.Fatal(err)
	}
	w, err := parse(want)
	if err != nil {
		t.Fatalf("%v in\n%s", err, want)
	}
	g, err := parse(got)
	if err != nil {
		t.Fatalf("%q: %v in\n%s", text, err, got)
	}
	if !slices.Equal(g.elements, w.elements) || !slices.Equal(g.attributes, w.attributes) {
		t.Fatalf("%q made another page:\n%s", text, got)
	}
	if len([]rune(text)) < maxWishOnReceipt && !slices.Contains(g.texts, text) {
		t.Fatalf("%q is not in the page as text: %q", text, g.texts)
	}
}

// TestHTMLStandsAlone: a page loads and runs nothing, and its policy allows its own style only.
func TestHTMLStandsAlone(t *testing.T) {
	cat := load(t)
	shelf, err := Shelf(cat, "harbour", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range papers() {
		card, err := HTML(Build(input(cat, "cake", 0)), format)
		if err != nil {
			t.Fatal(err)
		}
		stand, err := ShelfHTML(shelf, format)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{card, stand} {
			for _, no := range []string{"<script", "<link", "<img", "<iframe", "<object", "http://", "https://", "url(", "@import", "style=", " src="} {
				if strings.Contains(page, no) {
					t.Errorf("%s has %s", format, no)
				}
			}
			css := strings.TrimSuffix(strings.TrimPrefix(style.FindString(page), "<style>"), "</style>")
			sum := sha256.Sum256([]byte(css))
			policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
			if p := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(page); !strings.Contains(p, policy) {
				t.Errorf("%s: its policy is not %s", format, policy)
			}
			if size := map[surprisev1.CardFormat]string{surprisev1.CardFormat_RECEIPT_58: "{size:58mm ", surprisev1.CardFormat_RECEIPT_80: "{size:80mm ", surprisev1.CardFormat_A6: "{size:105mm 148mm;"}[format]; !strings.Contains(css, "@page"+size) {
				t.Errorf("%s: no @page%s", format, size)
			}
		}
	}
}

func TestLongWishes(t *testing.T) {
	c := Build(input(load(t), "wish", 0))
	c.Wish = strings.Repeat("w", 10_000)
	for format, want := range map[surprisev1.CardFormat]int{surprisev1.CardFormat_RECEIPT_58: 600, surprisev1.CardFormat_RECEIPT_80: 600, surprisev1.CardFormat_A6: 900} {
		page, err := HTML(c, format)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page, ">"+strings.Repeat("w", want)+"…<") {
			t.Errorf("%s does not show %d characters of the wish", format, want)
		}
	}
	if n := strings.Count(Text(c, 32), "w"); n < 10_000 {
		t.Errorf("the text shows %d characters of the wish", n)
	}
}

func TestFormats(t *testing.T) {
	c := Build(input(load(t), "cake", 0))
	for _, format := range []surprisev1.CardFormat{surprisev1.CardFormat_CARD_FORMAT_UNSPECIFIED, surprisev1.CardFormat_TEXT, 99} {
		if _, err := HTML(c, format); surprise.ReasonOf(err) != surprise.InvalidRequest {
			t.Errorf("HTML as %s: %v", format, err)
		}
	}
	if got, err := Render(c, surprisev1.CardFormat_CARD_FORMAT_UNSPECIFIED); got != "" || err != nil {
		t.Errorf("without a format: %q, %v", got, err)
	}
	if got, err := Render(c, surprisev1.CardFormat_TEXT); got != Text(c, 48) || err != nil {
		t.Errorf("as text: %q, %v", got, err)
	}
	if got, err := Render(c, surprisev1.CardFormat_A6); !strings.Contains(got, `class="a6"`) || err != nil {
		t.Errorf("as A6: %v", err)
	}
}

// TestEmptyCard: headings stand only over something.
func TestEmptyCard(t *testing.T) {
	page, err := HTML(&surprisev1.TaskCard{}, surprisev1.CardFormat_A6)
	if err != nil || strings.Contains(page, "<h2>") || strings.Contains(page, "<dl>") {
		t.Errorf("%v:\n%s", err, bare(page))
	}
}
