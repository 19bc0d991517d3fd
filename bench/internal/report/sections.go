package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/surprise-service/surprised/bench/internal/stats"
)

// The ways to decide for many.
const (
	BatchStream = "RecommendStream, redis"
	BatchAlone  = "in one process, redis"
)

// Throughput has the medians of many decisions at once.
type Throughput struct {
	Name string `json:"name"`
	// PerSecond is on all cores, callers and Redis included; PerCoreSecond counts the CPU time of the process that decides only.
	PerSecond     float64 `json:"decisions_per_second"`
	PerCoreSecond float64 `json:"decisions_per_core_second"`

	rates, perCore []float64
}

// NewThroughput returns one without rounds.
func NewThroughput(name string) *Throughput { return &Throughput{Name: name} }

// Add enters a round.
func (t *Throughput) Add(decisions int, took, cpu time.Duration) {
	t.rates = append(t.rates, float64(decisions)/took.Seconds())
	if cpu > 0 {
		t.perCore = append(t.perCore, float64(decisions)/cpu.Seconds())
	}
}

// Medians returns it with its figures.
func (t *Throughput) Medians() Throughput {
	out := *t
	out.PerSecond = stats.Median(t.rates)
	if len(t.perCore) > 0 {
		out.PerCoreSecond = stats.Median(t.perCore)
	}
	return out
}

// Customers is what customers take in a store.
type Customers struct {
	Store      string `json:"store"`
	Customers  int    `json:"customers"`
	Deliveries int    `json:"deliveries_each"`
	// Bytes are those of one customer, with what the log of events keeps of the deliveries.
	Bytes float64 `json:"bytes_each"`
}

// Start is how long a catalogue takes to come into force, in seconds.
type Start struct {
	Templates int     `json:"templates"`
	Load      float64 `json:"load_s"`
	Index     float64 `json:"index_s"`
	BytesEach float64 `json:"bytes_per_template"`
	// Reload is with callers; Longest and P99 are of their calls meanwhile, LongestCalm and P99Calm of as long a time without.
	Reload      float64 `json:"reload_s"`
	Longest     float64 `json:"longest_call_s"`
	LongestCalm float64 `json:"longest_call_calm_s"`
	P99         float64 `json:"p99_s"`
	P99Calm     float64 `json:"p99_calm_s"`
}

func (d *Document) serviceText() string {
	if len(d.Figures) == 0 {
		return ""
	}
	return fmt.Sprintf("\nThe service, with %d templates; request %d bytes, answer %d bytes (medians); answers: %s, %.1f offers on average\n\n",
		d.Templates, d.RequestBytes, d.AnswerBytes, shares(d.Outcomes), d.Offers) + Table(d.Figures) + `
CPU is user and system time of the server's process for one request, without that of Redis. The ratios are medians over
the rounds: compare these, absolute figures move by 20 % and more from run to run.
`
}

func shares(of map[string]float64) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, fmt.Sprintf("%s %.0f %%", name, 100*of[name]))
	}
	return strings.Join(out, ", ")
}

func (d *Document) batchText() string {
	if len(d.Batch) == 0 {
		return ""
	}
	cells := [][]string{{"", "decisions/s", "per core and second"}}
	for _, b := range d.Batch {
		cells = append(cells, []string{b.Name, fmt.Sprintf("%.0f", b.PerSecond), fmt.Sprintf("%.0f", b.PerCoreSecond)})
	}
	return fmt.Sprintf("\nBatch, with %d templates; per core: by the CPU time of the process that decides:\n\n", d.Templates) + align(cells)
}

func (d *Document) memoryText() string {
	var out string
	if len(d.Customers) > 0 {
		cells := [][]string{{"", "customers", "deliveries each", "bytes each"}}
		for _, c := range d.Customers {
			cells = append(cells, []string{c.Store, fmt.Sprint(c.Customers), fmt.Sprint(c.Deliveries), fmt.Sprintf("%.0f", c.Bytes)})
		}
		out = "\nMemory of customers: heap (mem), file (bolt), used_memory (redis):\n\n" + align(cells)
	}
	if len(d.Start) > 0 {
		cells := [][]string{{"", "load s", "index s", "bytes/template", "reload s", "longest call ms", "calm", "p99 ms", "calm"}}
		for _, s := range d.Start {
			cells = append(cells, []string{
				fmt.Sprintf("%d templates", s.Templates), digits(s.Load), digits(s.Index), fmt.Sprintf("%.0f", math.Round(s.BytesEach)), digits(s.Reload),
				digits(1e3 * s.Longest), digits(1e3 * s.LongestCalm), digits(1e3 * s.P99), digits(1e3 * s.P99Calm),
			})
		}
		out += "\nStart, and a reload under load:\n\n" + align(cells)
	}
	return out
}
