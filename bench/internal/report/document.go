package report

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"
)

// Document is everything that a run has to say.
type Document struct {
	Go           string    `json:"go"`
	Platform     string    `json:"platform"`
	CPUs         int       `json:"cpus"`
	Rounds       int       `json:"rounds"`
	Seconds      float64   `json:"seconds_per_round"`
	RequestBytes int       `json:"request_bytes"`
	AnswerBytes  int       `json:"answer_bytes"`
	LeftOut      string    `json:"left_out,omitempty"`
	Figures      []Figures `json:"figures"`
	Speed        *Speed    `json:"speed,omitempty"`
}

// NewDocument returns a document that names this machine.
func NewDocument(rounds int, each time.Duration) Document {
	return Document{
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Rounds: rounds, Seconds: each.Seconds(),
	}
}

// String returns the document for a terminal.
func (d Document) String() string {
	head := fmt.Sprintf("%s, %s, %d CPUs for servers and callers together; rounds: %d of %g s, medians\nrequest %d bytes, answer %d bytes (medians of Recommend)\n",
		d.Go, d.Platform, d.CPUs, d.Rounds, d.Seconds, d.RequestBytes, d.AnswerBytes)
	if d.LeftOut != "" {
		head += d.LeftOut + "\n"
	}
	return head + "\n" + Table(d.Figures) + `
CPU is user and system time of the server's process for one request, without that of Redis. The ratios are medians over
the rounds: compare these, absolute figures move by 20 % and more from run to run.
` + d.Speed.String()
}

// Write writes the document to a file, as JSON.
func (d Document) Write(file string) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("--json: %w", err)
	}
	return nil
}
