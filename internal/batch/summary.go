package batch

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Summary counts results. The zero value is ready. It is for one goroutine.
type Summary struct {
	requests  int
	failed    int
	outcomes  map[string]int
	failures  map[string]int
	best      map[string]*bestOffer
	scores    float64
	noOffer   int
	reasons   map[string]*reasonCount
	firstFail []Result
}

type bestOffer struct {
	requests int
	scores   float64
}

type reasonCount struct{ requests, templates int }

// shownFailures is how many failures the text of a summary names.
const shownFailures = 5

// Failed returns how many requests failed, of how many.
func (s *Summary) Failed() (failed, requests int) { return s.failed, s.requests }

// Add counts one result.
func (s *Summary) Add(r Result) {
	if s.requests++; s.requests == 1 {
		s.outcomes, s.failures, s.best, s.reasons = map[string]int{}, map[string]int{}, map[string]*bestOffer{}, map[string]*reasonCount{}
	}
	if r.Failure != nil {
		s.addFailure(r)
		return
	}
	s.outcomes[r.Response.GetOutcome().String()]++
	if offers := r.Response.GetOffers(); len(offers) > 0 {
		s.addBest(offers[0])
		return
	}
	s.noOffer++
	for _, why := range r.Response.GetReasons() {
		c := entry(s.reasons, why.GetReason().String())
		c.requests++
		c.templates += int(why.GetTemplates())
	}
}

func (s *Summary) addFailure(r Result) {
	s.failed++
	s.failures[string(r.Failure.Reason)]++
	if len(s.firstFail) < shownFailures {
		r.Text = nil // it is not valid for so long
		s.firstFail = append(s.firstFail, r)
	}
}

func (s *Summary) addBest(o *surprisev1.Offer) {
	b := entry(s.best, o.GetTemplate())
	b.requests++
	b.scores += o.GetScore().GetScore()
	s.scores += o.GetScore().GetScore()
}

func entry[V any](m map[string]*V, key string) *V {
	if m[key] == nil {
		m[key] = new(V)
	}
	return m[key]
}

// Report is a summary in the form of its JSON.
type Report struct {
	Requests int `json:"requests"`
	// Outcomes counts responses by their outcome.
	Outcomes map[string]int `json:"outcomes"`
	// Failed counts requests without a response, Failures by their reason.
	Failed   int            `json:"failed"`
	Failures map[string]int `json:"failures"`
	// BestOffers counts by the template of the first offer, the most frequent first.
	BestOffers []BestOffer `json:"best_offers"`
	// MeanScore is that of all best offers, in delight points; 0 without any.
	MeanScore float64 `json:"mean_score"`
	// WithoutOffer counts responses that offer nothing; Reasons says why, a response counts once for each reason.
	WithoutOffer int           `json:"without_offer"`
	Reasons      []ReasonCount `json:"reasons"`
	// Seconds is how long the run took.
	Seconds float64 `json:"seconds"`
}

// BestOffer is how often a template was the best offer.
type BestOffer struct {
	Template  string  `json:"template"`
	Requests  int     `json:"requests"`
	MeanScore float64 `json:"mean_score"`
}

// ReasonCount is how often a reason left nothing to offer: in how many responses, and for how many templates in all of them.
type ReasonCount struct {
	Reason    string `json:"reason"`
	Requests  int    `json:"requests"`
	Templates int    `json:"templates"`
}

// Report returns the counts so far.
func (s *Summary) Report(seconds float64) Report {
	out := Report{
		Requests: s.requests, Failed: s.failed, WithoutOffer: s.noOffer, Seconds: seconds,
		Outcomes: map[string]int{}, Failures: map[string]int{}, BestOffers: []BestOffer{}, Reasons: []ReasonCount{},
	}
	maps.Copy(out.Outcomes, s.outcomes)
	maps.Copy(out.Failures, s.failures)
	offers := 0
	for template, b := range s.best {
		offers += b.requests
		out.BestOffers = append(out.BestOffers, BestOffer{Template: template, Requests: b.requests, MeanScore: b.scores / float64(b.requests)})
	}
	if offers > 0 {
		out.MeanScore = s.scores / float64(offers)
	}
	for reason, c := range s.reasons {
		out.Reasons = append(out.Reasons, ReasonCount{Reason: reason, Requests: c.requests, Templates: c.templates})
	}
	slices.SortFunc(out.BestOffers, func(a, b BestOffer) int {
		return cmp.Or(b.Requests-a.Requests, cmp.Compare(a.Template, b.Template))
	})
	slices.SortFunc(out.Reasons, func(a, b ReasonCount) int {
		return cmp.Or(b.Requests-a.Requests, b.Templates-a.Templates, cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// WriteText writes the summary for people.
func (s *Summary) WriteText(w io.Writer, seconds float64) error {
	r := s.Report(seconds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(indent string, n int, format string, args ...any) {
		fmt.Fprintf(t, "%s%d\t %s\n", indent, n, fmt.Sprintf(format, args...))
	}
	line("", r.Requests, "%s in %.1f s", plural(r.Requests, "request"), seconds)
	for _, outcome := range slices.Sorted(maps.Keys(r.Outcomes)) {
		line("", r.Outcomes[outcome], "%s", outcome)
	}
	if r.Failed > 0 {
		line("", r.Failed, "failed")
	}
	if len(r.BestOffers) > 0 {
		fmt.Fprintf(t, "\nbest offers, mean score %.1f\n", r.MeanScore)
	}
	for _, b := range r.BestOffers {
		line("", b.Requests, "%s, mean score %.1f", b.Template, b.MeanScore)
	}
	if len(r.Reasons) > 0 {
		fmt.Fprintf(t, "\nwhy %d %s without an offer\n", r.WithoutOffer, plural(r.WithoutOffer, "response"))
	}
	for _, why := range r.Reasons {
		line("", why.Requests, "%s, %.1f templates each", why.Reason, float64(why.Templates)/float64(why.Requests))
	}
	s.writeFailures(t)
	return t.Flush()
}

func (s *Summary) writeFailures(w io.Writer) {
	if s.failed == 0 {
		return
	}
	fmt.Fprintf(w, "\nfailures\n")
	for _, f := range s.firstFail {
		fmt.Fprintf(w, "  line %d: %s\n", f.Line, Printable(f.Failure.String()))
	}
	if more := s.failed - len(s.firstFail); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

// why lists the reasons of a response without an offer, with how many templates each stopped.
func why(r *surprisev1.RecommendResponse) string {
	var parts []string
	for _, reason := range r.GetReasons() {
		text := reason.GetReason().String()
		if n := reason.GetTemplates(); n > 0 {
			text += fmt.Sprintf(" %d", n)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
