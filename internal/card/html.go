package card

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

//go:embed page
var pages embed.FS

// How many characters of a wish paper has room for. The data and Text have all of it.
const (
	maxWishOnReceipt = 600
	maxWishOnA6      = 900
)

// sheet is what every page is made with.
type sheet struct {
	Lang, Policy, Paper string
	Style               template.CSS
	Title               string
	H                   headings
}

type headings struct {
	Careful, Wish, Items, Say, Steps, Avoid, Memories, Code, Claim, HeldBy string
	Inside, Open, Ask                                                      string
}

func (w *words) headings() headings {
	return headings{
		Careful: w.careful, Wish: w.wish, Items: w.items, Say: w.say, Steps: w.steps, Avoid: w.avoid, Memories: w.memories, Code: w.code, Claim: w.claim, HeldBy: w.heldBy,
		Inside: w.inside, Open: w.open, Ask: w.ask,
	}
}

// view is a task card as its page shows it.
type view struct {
	sheet
	Store, Badge, Because, Serial string
	Public                        bool
	Warnings                      []string
	Facts                         []fact
	Wish                          []string
	Items                         []string
	Say                           string
	Steps, Avoid, Memories        []string
	Code, ClaimID, HeldBy, Zone   string
}

// HTML returns a card as a page to print: complete, without scripts, and without anything from elsewhere. Formats other than RECEIPT_58, RECEIPT_80
// and A6 are INVALID_REQUEST.
func HTML(c *surprisev1.TaskCard, format surprisev1.CardFormat) (string, error) {
	p, err := paperOf(format)
	if err != nil {
		return "", err
	}
	v := viewOf(c)
	v.Wish = cut(v.Wish, p.wish)
	if err := v.dress(p, v.height(p, wordsOf(c.GetLocale()))); err != nil {
		return "", err
	}
	return render("card.html", v)
}

func viewOf(c *surprisev1.TaskCard) *view {
	w := wordsOf(c.GetLocale())
	v := &view{
		sheet: sheet{Lang: line(c.GetLocale()), Title: written(c.GetTitle()), H: w.headings()},
		Store: written(c.GetStore()), Serial: w.serialNumber(c.GetSerial(), c.GetSerialOf()), Public: c.GetVisibility() == surprisev1.Visibility_PUBLIC,
		Warnings: lines(c.GetWarnings()), Facts: facts(c, w), Wish: paragraphs(c.GetWish()), Items: each(c.GetItems(), written),
		Steps: each(c.GetSteps(), written), Avoid: each(c.GetAvoid(), written), Memories: newClock(w, c.GetTimeZone()).memories(c.GetMemories()),
		Code: line(c.GetCode()), ClaimID: line(c.GetClaimId()), HeldBy: line(c.GetLease().GetStaffId()), Zone: line(c.GetTimeZone()),
	}
	v.Badge, v.Because = w.badge(c)
	if say := written(c.GetSay()); say != "" {
		v.Say = w.quote[0] + say + w.quote[1]
	}
	return v
}

// dress gives the page its style and the policy that allows nothing else.
func (s *sheet) dress(p paper, height int) error {
	css, err := pages.ReadFile("page/style.css")
	if err != nil {
		return internal(err)
	}
	style := string(css) + p.rule(height)
	sum := sha256.Sum256([]byte(style))
	s.Paper, s.Style = p.class, template.CSS(style) //nolint:gosec // our own file and numbers
	s.Policy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.StdEncoding.EncodeToString(sum[:]))
	return nil
}

// render parses the page each time: that takes a fraction of what a printer takes, and leaves nothing behind.
func render(page string, data any) (string, error) {
	t, err := template.ParseFS(pages, "page/"+page)
	if err != nil {
		return "", internal(err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return "", internal(err)
	}
	return b.String(), nil
}

func internal(err error) error {
	return &surprise.Error{Reason: surprise.Internal, Message: "the card could not be rendered", Err: err}
}

// Render returns a card in a format: TEXT for 80 mm paper, a page for others, and nothing where no format is asked for.
func Render(c *surprisev1.TaskCard, format surprisev1.CardFormat) (string, error) {
	switch format {
	case surprisev1.CardFormat_CARD_FORMAT_UNSPECIFIED:
		return "", nil
	case surprisev1.CardFormat_TEXT:
		return Text(c, 0), nil
	default:
		return HTML(c, format)
	}
}

// paper is what a format is printed on.
type paper struct {
	class string
	// width of the paper in mm; columns of body text on a line, and the size of that text, in mm. Zero columns: not on a roll.
	width, columns int
	em             float64
	wish           int // the most characters of one
}

func paperOf(format surprisev1.CardFormat) (paper, error) {
	switch format {
	case surprisev1.CardFormat_RECEIPT_58:
		return paper{class: "receipt_58", width: 58, columns: 28, em: 3.35, wish: maxWishOnReceipt}, nil
	case surprisev1.CardFormat_RECEIPT_80:
		return paper{class: "receipt_80", width: 80, columns: 38, em: 3.7, wish: maxWishOnReceipt}, nil
	case surprisev1.CardFormat_A6:
		return paper{class: "a6", wish: maxWishOnA6}, nil
	default:
		return paper{}, surprise.FieldErrorf(surprise.InvalidRequest, "format", "format %s is no page: ask for RECEIPT_58, RECEIPT_80 or A6", strings.ToUpper(format.String()))
	}
}

func (p paper) receipt() bool { return p.columns > 0 }

// rule sets the size of the page. A roll has no height and CSS no word for that, so its page is as long as what is on it.
func (p paper) rule(height int) string {
	if p.receipt() {
		return fmt.Sprintf("@page{size:%dmm %dmm;margin:0}\n", p.width, height)
	}
	return "@page{size:105mm 148mm;margin:6mm}\n"
}
