package telemetry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/surprise-service/surprised/internal/telemetry"
)

// TestCalls counts by method, code and reason, and shows no method that was not called.
func TestCalls(t *testing.T) {
	m := telemetry.NewMetrics()
	recommend, claim := m.Method("Recommend"), m.Method("Claim")
	m.Method("Confirm")
	recommend.Answered(time.Millisecond)
	recommend.Answered(time.Millisecond)
	recommend.Refused("Unavailable", "STORE_UNAVAILABLE", time.Millisecond)
	claim.Refused("OutOfRange", "", time.Millisecond)
	m.Decision("OFFER", "cake")
	m.Decision("NONE", "")
	want := map[string]float64{
		"surprised_calls_total code=OK method=Recommend reason=":                           2,
		"surprised_calls_total code=OutOfRange method=Claim reason=":                       1,
		"surprised_calls_total code=Unavailable method=Recommend reason=STORE_UNAVAILABLE": 1,
		"surprised_decisions_total outcome=NONE template=":                                 1,
		"surprised_decisions_total outcome=OFFER template=cake":                            1,
		"surprised_call_seconds method=Claim":                                              1,
		"surprised_call_seconds method=Recommend":                                          3,
	}
	if diff := cmp.Diff(want, counted(t, m)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if recommend.Name() != "Recommend" {
		t.Errorf("got %q", recommend.Name())
	}
	if got := testing.AllocsPerRun(100, func() { recommend.Answered(time.Millisecond) }); got > 0 {
		t.Errorf("counting allocates %v times", got)
	}
}

// counted returns what was counted of calls and decisions, by name and labels; of durations, how many there are.
func counted(t *testing.T, m *telemetry.Metrics) map[string]float64 {
	t.Helper()
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			name := f.GetName()
			for _, l := range metric.GetLabel() {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			if strings.HasPrefix(name, "surprised_call") || strings.HasPrefix(name, "surprised_decisions") {
				out[name] = metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
			}
		}
	}
	return out
}
