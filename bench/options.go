package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// The parts of a run.
const (
	partMatch   = "match"   // rule engines beside each other
	partService = "service" // Recommend and Claim beside bare gRPC servers
	partClaims  = "claims"  // claims without gRPC beside bare scripts
	partBatch   = "batch"   // many requests at once
	partMemory  = "memory"  // what templates and customers take
	partStart   = "start"   // loading a catalogue, and loading it again under load
)

func allParts() []string {
	return []string{partMatch, partService, partClaims, partBatch, partMemory, partStart}
}

// options are what a run can be told.
type options struct {
	callers   []int
	sizes     []int // of catalogues that engines match
	only      []string
	stores    []string
	shape     rules.Shape
	rounds    int
	seconds   float64
	templates int // of the service
	customers int // in memory
	quick     bool
	json      string
	profile   string
	plots     string
}

// Bounds keep a run from taking all day, or all connections of a machine.
const (
	maxCallers   = 2000
	maxRounds    = 100
	maxSeconds   = 60
	maxTemplates = 100_000
	maxSize      = 1_000_000
)

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	callers := f.String("callers", "1,16,64,256", "how many callers there are at once, one measurement for each")
	sizes := f.String("sizes", "100,1000,10000,100000", "how many rules engines match, one measurement for each")
	only := f.String("only", strings.Join(allParts(), ","), "which parts to run")
	shape := f.String("shape", string(rules.Plain), fmt.Sprintf("what rules are like: %v", rules.Shapes()))
	stores := f.String("stores", "mem,bolt,redis", "the stores of the service")
	f.IntVar(&o.rounds, "rounds", 5, "how many times everything takes its turn")
	f.Float64Var(&o.seconds, "seconds", 0.5, "how long one turn is")
	f.IntVar(&o.templates, "templates", 1000, "how many templates the service has")
	f.IntVar(&o.customers, "customers", 20_000, "how many customers are entered to see what memory they take")
	f.StringVar(&o.json, "json", "", "write the figures to this file too, as JSON")
	f.StringVar(&o.profile, "profile", "", "then write a CPU profile of Recommend, 64 callers, to this file")
	f.StringVar(&o.plots, "plots", "", "write plots to this folder too, as SVG")
	f.BoolVar(&o.quick, "quick", false, "only the key figures, in less than a minute: --rounds 3 --seconds 0.25 --callers 64,256 --only match,service,batch --stores redis, where not given")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.quick {
		hurry(f)
	}
	var bad [3]error
	o.callers, bad[0] = numbers("--callers", *callers, maxCallers)
	o.sizes, bad[1] = numbers("--sizes", *sizes, maxSize)
	o.shape, bad[2] = rules.ParseShape(*shape)
	o.only, o.stores = strings.Split(*only, ","), strings.Split(*stores, ",")
	return o, errors.Join(append(bad[:], o.validate(f.Args()))...)
}

// hurry shortens what was not asked for by itself.
func hurry(f *flag.FlagSet) {
	given := map[string]bool{}
	f.Visit(func(x *flag.Flag) { given[x.Name] = true })
	for name, value := range map[string]string{"rounds": "3", "seconds": "0.25", "callers": "64,256", "only": "match,service,batch", "stores": "redis"} {
		if !given[name] {
			_ = f.Set(name, value) // they are valid
		}
	}
}

func (o options) validate(rest []string) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(rest) > 0 {
		bad("%q is no flag; bench --help lists them", rest[0])
	}
	if o.rounds < 1 || o.rounds > maxRounds {
		bad("--rounds: %d is not between 1 and %d", o.rounds, maxRounds)
	}
	if !(o.seconds >= 0.01 && o.seconds <= maxSeconds) {
		bad("--seconds: %v is not between 0.01 and %d", o.seconds, maxSeconds)
	}
	if o.templates < 1 || o.templates > maxTemplates {
		bad("--templates: %d is not between 1 and %d", o.templates, maxTemplates)
	}
	if o.customers < 1 {
		bad("--customers: %d is not above 0", o.customers)
	}
	for _, part := range o.only {
		if !slices.Contains(allParts(), part) {
			bad("--only: there is no part %q; there are %s", part, strings.Join(allParts(), ","))
		}
	}
	for _, store := range o.stores {
		if !slices.Contains([]string{"mem", "bolt", "redis"}, store) {
			bad("--stores: %q is none of mem,bolt,redis", store)
		}
	}
	return errors.Join(errs...)
}

func (o options) turn() time.Duration { return time.Duration(o.seconds * float64(time.Second)) }

func (o options) runs(part string) bool { return slices.Contains(o.only, part) }

// numbers reads numbers with commas between them.
func numbers(name, list string, most int) ([]int, error) {
	var out []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > most {
			return nil, fmt.Errorf("%s: %q is not a number from 1 to %d; write for example 1,16,64", name, word, most)
		}
		out = append(out, n)
	}
	return out, nil
}
