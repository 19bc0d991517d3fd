package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// options are what a run can be told.
type options struct {
	callers  []int
	rounds   int
	seconds  float64
	examples string
	json     string
	profile  string
}

// Bounds keep a run from taking all day, or all connections of a machine.
const (
	maxCallers = 2000
	maxRounds  = 100
	maxSeconds = 60
)

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	callers := f.String("callers", "1,16,64,256", "how many callers there are at once, one measurement for each")
	f.IntVar(&o.rounds, "rounds", 5, "how many times everything takes its turn")
	f.Float64Var(&o.seconds, "seconds", 1, "how long one turn is")
	f.StringVar(&o.examples, "examples", "../examples", "folder with catalog/ and customers.jsonl")
	f.StringVar(&o.json, "json", "", "write the figures to this file too, as JSON")
	f.StringVar(&o.profile, "profile", "", "then write a CPU profile of Recommend on mem, 64 callers, to this file")
	quick := f.Bool("quick", false, "less than a minute: --rounds 3 --seconds 0.25, where not given")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		o.hurry(f)
	}
	var err error
	o.callers, err = numbers(*callers)
	return o, errors.Join(err, o.validate(f.Args()))
}

// hurry shortens what was not asked for by itself.
func (o *options) hurry(f *flag.FlagSet) {
	given := map[string]bool{}
	f.Visit(func(x *flag.Flag) { given[x.Name] = true })
	if !given["rounds"] {
		o.rounds = 3
	}
	if !given["seconds"] {
		o.seconds = 0.25
	}
}

func (o options) validate(rest []string) error {
	var errs []error
	if len(rest) > 0 {
		errs = append(errs, fmt.Errorf("%q is no flag; bench --help lists them", rest[0]))
	}
	if o.rounds < 1 || o.rounds > maxRounds {
		errs = append(errs, fmt.Errorf("--rounds: %d is not between 1 and %d", o.rounds, maxRounds))
	}
	if !(o.seconds >= 0.01 && o.seconds <= maxSeconds) {
		errs = append(errs, fmt.Errorf("--seconds: %v is not between 0.01 and %d", o.seconds, maxSeconds))
	}
	return errors.Join(errs...)
}

func (o options) turn() time.Duration { return time.Duration(o.seconds * float64(time.Second)) }

// numbers reads numbers of callers, with commas between them.
func numbers(list string) ([]int, error) {
	var out []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > maxCallers {
			return nil, fmt.Errorf("--callers: %q is not a number from 1 to %d; write for example 1,16,64", word, maxCallers)
		}
		out = append(out, n)
	}
	return out, nil
}
