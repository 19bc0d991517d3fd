package simulate

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTableAndPlots(t *testing.T) {
	opts := Options{Catalog: load(t, smallShop), Customers: crowd(), From: newYear2027(), Days: 100, Seed: 1}
	result, err := Compare(t.Context(), opts, 2)
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := result.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"100 days from 2027-01-01, seed 1: 4 customers", "remembered (peak and end)", "highest value", "own policy / baseline over 2 seeds"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
	read := func() map[string]string {
		dir := filepath.Join(t.TempDir(), "plots")
		files, err := result.WritePlots(dir)
		if err != nil || len(files) != 4 {
			t.Fatalf("got %v, %v, want 4 plots", files, err)
		}
		out := map[string]string{}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out[filepath.Base(f)] = string(text)
		}
		return out
	}
	first, second := read(), read()
	for name, text := range first {
		if !strings.Contains(text, "<svg") || !strings.Contains(text, "seed 1") || text != second[name] {
			t.Errorf("%s is no plot, or another one the second time", name)
		}
	}
}

// Nothing happens in a shop that has nothing to give; that, too, has a report.
func TestNothingToGive(t *testing.T) {
	empty := strings.ReplaceAll(smallShop, "    levels:", "    channels: [CALL_CENTER]\n    levels:")
	result, err := Compare(t.Context(), Options{Catalog: load(t, empty), Customers: crowd(), From: newYear2027(), Days: 30}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if r := result.Ratios[0]; r.Remembered.N != 0 || r.Remembered.BySeed == nil {
		t.Errorf("a ratio to nothing: %+v", r)
	}
	if _, err := result.WritePlots(t.TempDir()); err != nil {
		t.Error(err)
	}
	var table bytes.Buffer
	if err := result.WriteTable(&table); err != nil || table.Len() == 0 {
		t.Errorf("%v: %s", err, &table)
	}
}

func TestSpread(t *testing.T) {
	if got := spread([]float64{1, 2, 3}); got.Mean != 2 || got.SD != 1 || got.Min != 1 || got.Max != 3 || got.String() != "2.000 ± 1.000" {
		t.Errorf("got %+v", got)
	}
	if got := minor(1234567) + " " + minor(12) + " " + minor(123); got != "1,234,567 12 123" {
		t.Errorf("got %s", got)
	}
}
