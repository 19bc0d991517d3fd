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
	Go       string  `json:"go"`
	Platform string  `json:"platform"`
	CPUs     int     `json:"cpus"`
	Rounds   int     `json:"rounds"`
	Seconds  float64 `json:"seconds_per_round"`
	LeftOut  string  `json:"left_out,omitempty"`
	// Key are the figures that the service is judged by.
	Key []Ratio `json:"key"`
	// Shape is that of the rules in Matching.
	Shape    string     `json:"shape"`
	Matching []Matching `json:"matching,omitempty"`
	// Templates is how many the service had in Figures and Batch; Outcomes and Offers are what it answered.
	Templates    int                `json:"templates,omitempty"`
	RequestBytes int                `json:"request_bytes,omitempty"`
	AnswerBytes  int                `json:"answer_bytes,omitempty"`
	Outcomes     map[string]float64 `json:"outcomes,omitempty"`
	Offers       float64            `json:"offers,omitempty"`
	Figures      []Figures          `json:"figures,omitempty"`
	Batch        []Throughput       `json:"batch,omitempty"`
	Speed        *Speed             `json:"speed,omitempty"`
	Customers    []Customers        `json:"memory,omitempty"`
	Start        []Start            `json:"start,omitempty"`
}

// NewDocument returns a document that names this machine.
func NewDocument(rounds int, each time.Duration) Document {
	return Document{
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Rounds: rounds, Seconds: each.Seconds(),
	}
}

// String returns the document for a terminal.
func (d Document) String() string {
	head := fmt.Sprintf("%s, %s, %d CPUs for servers and callers together; rounds: %d of %g s, medians\n", d.Go, d.Platform, d.CPUs, d.Rounds, d.Seconds)
	if d.LeftOut != "" {
		head += d.LeftOut + "\n"
	}
	return head + d.matchingText() + d.serviceText() + d.batchText() + d.Speed.String() + d.memoryText() + "\n" + Lines(d.Key)
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
