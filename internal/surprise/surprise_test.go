package surprise_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The reasons here and those of the API are the same words.
func TestReasonsAreThoseOfTheAPI(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	here := map[string]bool{"REASON_UNSPECIFIED": true}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			word, _ := strconv.Unquote(lit.Value)
			here[word] = true
			if _, ok := surprisev1.Reason_value[word]; !ok {
				t.Errorf("the API has no reason %s", word)
			}
		}
		return true
	})
	for word := range surprisev1.Reason_value {
		if !here[word] {
			t.Errorf("reason.go has no %s", word)
		}
	}
}

func TestPeriods(t *testing.T) {
	taipei, err := time.LoadLocation("Asia/Taipei")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		text, from string
		loc        *time.Location
		want       string
	}{
		{"90d", "2026-01-01T00:00:00Z", time.UTC, "2026-04-01T00:00:00Z"},
		{"1h30m", "2026-01-01T00:00:00Z", time.UTC, "2026-01-01T01:30:00Z"},
		{"2w", "2026-01-01T00:00:00Z", time.UTC, "2026-01-15T00:00:00Z"},
		{"P1Y", "2024-02-29T12:00:00Z", taipei, "2025-02-28T12:00:00Z"},
		{"P1M", "2026-01-31T12:00:00Z", time.UTC, "2026-02-28T12:00:00Z"},
		{"P1Y2M10D", "2026-01-01T00:00:00Z", time.UTC, "2027-03-11T00:00:00Z"},
		// A day by the calendar keeps the hour across the change to summer time; 24 hours do not.
		{"P1D", "2026-03-28T12:00:00+01:00", berlin, "2026-03-29T12:00:00+02:00"},
		{"1d", "2026-03-28T12:00:00+01:00", berlin, "2026-03-29T13:00:00+02:00"},
		{"", "2026-01-01T00:00:00Z", time.UTC, "2026-01-01T00:00:00Z"},
	} {
		p, err := surprise.ParsePeriod(tc.text)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		from, _ := time.Parse(time.RFC3339, tc.from)
		want, _ := time.Parse(time.RFC3339, tc.want)
		if got := p.AddTo(from, tc.loc); !got.Equal(want) {
			t.Errorf("%s after %s: got %s, want %s", tc.text, tc.from, got, want)
		}
		if got := p.AddTo(from, tc.loc).Sub(from); got > p.AtMost() {
			t.Errorf("%s: took %v, more than AtMost %v", tc.text, got, p.AtMost())
		}
	}
	for _, bad := range []string{"90", "d", "-1d", "1.5d", "1y", "P", "PT1H", "1d 2h", "101w52000000w", "P200Y", "999999999w"} {
		if p, err := surprise.ParsePeriod(bad); err == nil {
			t.Errorf("%q was read as %v", bad, p)
		}
	}
}

func TestPeriodString(t *testing.T) {
	for _, text := range []string{"90d", "12h", "15m", "P1Y", "P3M", "P1Y2M10D", "90m"} {
		p, err := surprise.ParsePeriod(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := surprise.ParsePeriod(p.String())
		if err != nil || again != p {
			t.Errorf("%s is written %s, which reads as %v, %v", text, p, again, err)
		}
	}
}

func TestClaimIDsNameTheirCustomer(t *testing.T) {
	key := surprise.HashCustomer([]byte("secret"), "default", "c1")
	id := surprise.NewClaimID(key, "offer", []byte("mac"))
	if got, ok := id.Customer(); !ok || got != key || len(id) != surprise.ClaimIDLen {
		t.Errorf("got %v, %v of %s", got, ok, id)
	}
	if id == surprise.NewClaimID(key, "delivery", []byte("mac")) {
		t.Error("ids of different kinds are the same")
	}
	for _, bad := range []surprise.ClaimID{"", "c", surprise.ClaimID(strings.ToUpper(string(id))), id + "x", "x" + id[1:], "c\n" + id[2:], surprise.ClaimID(strings.Repeat("1", surprise.ClaimIDLen))} {
		if _, ok := bad.Customer(); ok {
			t.Errorf("%q passes as a claim id", bad)
		}
	}
}

func TestCustomerKeysDiffer(t *testing.T) {
	a := surprise.HashCustomer([]byte("s"), "ab", "c")
	for name, b := range map[string]surprise.CustomerKey{
		"another secret":   surprise.HashCustomer([]byte("t"), "ab", "c"),
		"a shifted tenant": surprise.HashCustomer([]byte("s"), "a", "bc"),
		"another id":       surprise.HashCustomer([]byte("s"), "ab", "d"),
	} {
		if a == b {
			t.Errorf("%s has the same key", name)
		}
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("disk")
	err := error(&surprise.Error{Reason: surprise.StoreUnavailable, Message: "m", Err: cause})
	if !errors.Is(err, cause) || surprise.ReasonOf(err) != surprise.StoreUnavailable {
		t.Errorf("got %v, %v", err, surprise.ReasonOf(err))
	}
	if surprise.ReasonOf(cause) != surprise.Internal || surprise.ReasonOf(nil) != "" {
		t.Error("unknown errors are INTERNAL, no error has no reason")
	}
}

func TestDidYouMean(t *testing.T) {
	words := []string{"tier", "tags", "visits"}
	for word, want := range map[string]string{"teir": `did you mean "tier"?`, "visit": `did you mean "visits"?`, "zzzzzz": "", "": ""} {
		if got := surprise.DidYouMean(word, words); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}
