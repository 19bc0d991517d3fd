package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/surprise-service/surprised/bench/internal/matchers"
	"github.com/surprise-service/surprised/bench/internal/stats"
)

// Matching has the medians of one engine with one catalogue. Times are CPU time of its process for one profile, in microseconds.
type Matching struct {
	Engine  string  `json:"engine"`
	Rules   int     `json:"rules"`
	CPU     float64 `json:"cpu_us_per_profile"`
	Took    float64 `json:"us_per_profile"`
	Allocs  float64 `json:"allocs_per_profile"`
	Matches float64 `json:"matches_per_profile"`
	// Profiles is how many it was asked about in turn.
	Profiles int     `json:"profiles"`
	Build    float64 `json:"build_s"`
	Heap     float64 `json:"heap_mb"`
	// Slower is how many times the time of ours it takes, the median over rounds.
	Slower float64 `json:"times_ours,omitempty"`
	// Top, Facts and Search are ours: the best three with the facts of the request; the facts alone; the search alone.
	Top    *Task `json:"top3,omitempty"`
	Facts  *Task `json:"facts,omitempty"`
	Search *Task `json:"top3_search,omitempty"`

	rounds []float64 // CPU of each
}

// Task has the medians of a task for one profile.
type Task struct {
	CPU    float64 `json:"cpu_us"`
	Allocs float64 `json:"allocs"`
}

// NewMatching returns the medians of rounds.
func NewMatching(name string, n int, info matchers.Info, rounds map[matchers.Task][]matchers.Round) Matching {
	m := Matching{
		Engine: name, Rules: n, Matches: info.Matches, Profiles: len(info.Answers), Build: info.Build.Seconds(), Heap: float64(info.Heap) / 1e6,
		rounds: each(rounds[matchers.Match], cpuOf),
	}
	m.CPU, m.Took = stats.Median(m.rounds), stats.Median(each(rounds[matchers.Match], tookOf))
	m.Allocs = stats.Median(each(rounds[matchers.Match], func(r matchers.Round) float64 { return r.Allocs }))
	for task, into := range map[matchers.Task]**Task{matchers.Top: &m.Top, matchers.Facts: &m.Facts, matchers.Search: &m.Search} {
		if all := rounds[task]; len(all) > 0 {
			*into = &Task{stats.Median(each(all, cpuOf)), stats.Median(each(all, func(r matchers.Round) float64 { return r.Allocs }))}
		}
	}
	return m
}

func each(rounds []matchers.Round, of func(matchers.Round) float64) []float64 {
	out := make([]float64, len(rounds))
	for i, r := range rounds {
		out[i] = of(r)
	}
	return out
}

func cpuOf(r matchers.Round) float64  { return r.CPU.Seconds() / microsecond / float64(r.Profiles) }
func tookOf(r matchers.Round) float64 { return r.Took.Seconds() / microsecond / float64(r.Profiles) }

// Compare fills in what each engine takes beside ours with the same catalogue.
func (d *Document) Compare() {
	for i, m := range d.Matching {
		if mine := d.matching(matchers.Surprised, m.Rules); mine != nil {
			if x := stats.Ratio(m.rounds, mine.rounds); !math.IsNaN(x) {
				d.Matching[i].Slower = x
			}
		}
	}
}

func (d *Document) matching(engine string, n int) *Matching {
	for i, m := range d.Matching {
		if m.Engine == engine && m.Rules == n {
			return &d.Matching[i]
		}
	}
	return nil
}

// bestPeer returns the third-party engine that is the fastest with n rules, or nil.
func (d *Document) bestPeer(n int) *Matching {
	var best *Matching
	for _, name := range matchers.ThirdParty() {
		if m := d.matching(name, n); m != nil && (best == nil || m.CPU < best.CPU) {
			best = m
		}
	}
	return best
}

// sizes are the numbers of rules, from the smallest.
func (d *Document) sizes() []int {
	var out []int
	for _, m := range d.Matching {
		if !slices.Contains(out, m.Rules) {
			out = append(out, m.Rules)
		}
	}
	slices.Sort(out)
	return out
}

func (d *Document) matchingText() string {
	if len(d.Matching) == 0 {
		return ""
	}
	cells := [][]string{{"rules: " + d.Shape, "N", "CPU µs", "wall µs", "x ours", "allocs", "matches", "profiles", "build s", "heap MB"}}
	for i, m := range d.Matching {
		if i > 0 && m.Rules != d.Matching[i-1].Rules {
			cells = append(cells, nil)
		}
		cells = append(cells, []string{
			m.Engine, fmt.Sprint(m.Rules), digits(m.CPU), digits(m.Took), digits(m.Slower), digits(m.Allocs), fmt.Sprintf("%.1f", m.Matches),
			fmt.Sprint(m.Profiles), fmt.Sprintf("%.2f", m.Build), fmt.Sprintf("%.1f", m.Heap),
		})
	}
	return "\nMatching: all rules that hold for a profile. Ours starts from the messages of a request, the others have their inputs ready:\n\n" +
		align(cells) + d.topText()
}

func (d *Document) topText() string {
	cells := [][]string{{"", "N", "top 3 µs", "allocs", "facts µs", "allocs", "search µs", "allocs"}}
	for _, n := range d.sizes() {
		if m := d.matching(matchers.Surprised, n); m != nil && m.Top != nil {
			cells = append(cells, []string{
				m.Engine, fmt.Sprint(n), digits(m.Top.CPU), digits(m.Top.Allocs), digits(m.Facts.CPU), digits(m.Facts.Allocs), digits(m.Search.CPU), digits(m.Search.Allocs),
			})
		}
	}
	if len(cells) == 1 {
		return ""
	}
	return "\nThe best three, by a score that depends on the customer by 25 % up and down; of that, facts are read from the messages:\n\n" + align(cells)
}

// digits writes a number with three digits that count, and never with an exponent.
func digits(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return "-"
	case a >= 100:
		return fmt.Sprintf("%.0f", x)
	case a >= 10:
		return fmt.Sprintf("%.1f", x)
	case a >= 1:
		return fmt.Sprintf("%.2f", x)
	case a == 0:
		return "0"
	default:
		return strings.TrimRight(fmt.Sprintf("%.4f", x), "0")
	}
}
