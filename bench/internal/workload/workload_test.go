package workload

import (
	"os"
	"testing"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/server"
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

func TestRequestsHaveIDsOfTheirOwn(t *testing.T) {
	s, seen := New(1), map[string]bool{}
	for _, req := range append(s.Requests("a", 1100), s.Requests("b", 1100)...) {
		seen[req.GetCustomer().GetId()] = true
	}
	if len(seen) != 2200 {
		t.Errorf("got %d ids, want 2200", len(seen))
	}
}

func TestCatalogOfTheShop(t *testing.T) {
	dir := t.TempDir()
	if err := New(150).WriteCatalog(dir); err != nil {
		t.Fatal(err)
	}
	cat, problems, err := catalog.LoadDir(os.DirFS(dir))
	if err != nil || problems.HasErrors() || len(cat.Templates) != 150 {
		t.Errorf("got %v, %v", problems, err)
	}
}

func TestKeys(t *testing.T) {
	file := t.TempDir() + "/keys"
	key, err := WriteKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := server.ParseKeys(string(text))
	if err != nil || len(keys) != 1 || len(key) < 20 {
		t.Errorf("got %v, %v", keys, err)
	}
}
