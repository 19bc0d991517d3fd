package workload

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
)

func TestEnough(t *testing.T) {
	for _, c := range []struct {
		about   string
		callers int
		last    load.Result
		want    int
	}{
		{"one caller, first round", 1, load.Result{}, 750},
		{"many callers, first round", 64, load.Result{}, 4000},
		{"after a round", 64, load.Result{Calls: 1000, Took: time.Second}, 550},
		{"never fewer than callers", 256, load.Result{Calls: 10, Took: time.Second}, 256},
	} {
		if got := Enough(c.callers, c.last, 500*time.Millisecond); got != c.want {
			t.Errorf("%s: got %d, want %d", c.about, got, c.want)
		}
	}
}

func TestRoomy(t *testing.T) {
	got := string(roomy([]byte("- {id: cakes, capacity: 8, period: DAY}\n- capacity:   100\n# capacity of 3\n")))
	want := "- {id: cakes, capacity: 9000000000000, period: DAY}\n- capacity:   9000000000000\n# capacity of 3\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRequestsHaveIDsOfTheirOwn(t *testing.T) {
	customers, err := ReadCustomers("../../../examples/customers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, req := range append(customers.Requests("a", 100), customers.Requests("b", 100)...) {
		seen[req.GetCustomer().GetId()] = true
	}
	if len(seen) != 200 || seen[customers[0].GetCustomer().GetId()] {
		t.Errorf("got %d ids, want 200, and none of the examples' own", len(seen))
	}
}

func TestReadCustomersSaysWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	for text, want := range map[string]string{"": file + " has no customers; give one request on each line"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadCustomers(file); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
