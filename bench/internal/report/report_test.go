package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
)

// round is one second of calls, each of which took the server so many microseconds.
func round(calls int, cpu time.Duration) load.Result {
	return load.Result{Calls: calls, Took: time.Second, P50: time.Millisecond, P99: 2 * time.Millisecond, CPU: time.Duration(calls) * cpu * time.Microsecond}
}

func rows() []*Row {
	return []*Row{
		{Floor1a, 1, []load.Result{round(1000, 20), round(500, 40), round(1000, 20)}},
		{"Recommend, mem", 1, []load.Result{round(800, 30), round(400, 60), round(700, 50)}},
		{Floor1a, 16, []load.Result{round(10000, 10)}},
		{Floor1b, 16, []load.Result{round(5000, 20)}},
		{"Recommend, mem", 16, []load.Result{round(5000, 15)}},
		{"Claim, mem", 16, []load.Result{{Calls: 10, Took: time.Second}}},
	}
}

func TestTable(t *testing.T) {
	want := strings.Join([]string{
		"                callers  req/s  p50 µs  p99 µs  CPU µs  rate/1a  CPU/1a  CPU/1b",
		"1a echo               1   1000    1000    2000    20.0     1.00    1.00       -",
		"Recommend, mem        1    700    1000    2000    50.0     0.80    1.50       -",
		"",
		"1a echo              16  10000    1000    2000    10.0     1.00    1.00    0.50",
		"1b echo + GET        16   5000    1000    2000    20.0     0.50    2.00    1.00",
		"Recommend, mem       16   5000    1000    2000    15.0     0.50    1.50    0.75",
		"Claim, mem           16     10       0       0       -     0.00       -       -",
		"",
	}, "\n")
	if got := Table(Summarize(rows())); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestJSON leaves out what was not measured, rather than say 0.
func TestJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	d := NewDocument(3, time.Second)
	d.Figures = Summarize(rows())
	if err := d.Write(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Figures []map[string]any }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Figures) != 6 || got.Figures[1]["cpu_to_1a"] != 1.5 {
		t.Errorf("got %s", text)
	}
	if x, ok := got.Figures[1]["cpu_to_1b"]; ok {
		t.Errorf("got %v for a floor that was left out", x)
	}
}
