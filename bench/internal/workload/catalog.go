package workload

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// capacity finds how much there is of a limit.
const capacity = `(\bcapacity: *)\d+`

// RoomyCatalog copies the YAML files of a catalogue from one folder into another, with limits that are as many but never run out: a
// claim takes from all of them, and the last is like the first.
func RoomyCatalog(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.yaml"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no catalogue; run in the folder bench, or give --examples DIR", from)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // the caller names the folder
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(file)), roomy(text), 0o600)
		}
		if err != nil {
			return fmt.Errorf("copy the catalogue: %w", err)
		}
	}
	return nil
}

// chance finds where policies begin, and a temperature that they may have.
const (
	chance      = `(?m)^policies:\n`
	temperature = `(?m)^  temperature:.*\n`
)

// roomy also takes the best offer always, and never holds back: a claim needs an offer.
func roomy(text []byte) []byte {
	text = regexp.MustCompile(capacity).ReplaceAll(text, []byte("${1}9000000000000"))
	text = regexp.MustCompile(temperature).ReplaceAll(text, nil)
	return regexp.MustCompile(chance).ReplaceAll(text, []byte("policies:\n  temperature: 0\n"))
}
