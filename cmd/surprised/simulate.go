package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/simulate"
)

// simulateFlags are those of simulate.
type simulateFlags struct {
	catalog, customers string
	from               string
	days, seeds        int
	seed               uint64
	visits, refusals   float64
	baselineMinGap     float64 // below 0: the catalogue's
	output, plots      string
}

const (
	defaultSimulatedDays = 365
	defaultSeeds         = 10
	defaultRefusals      = 0.03
)

func newSimulateCommand(env *environment) *cobra.Command {
	var flags simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate --catalog DIR --customers FILE --from DATE",
		Short: "Live through a year before it comes",
		Long: `Simulate draws visits from the journey of each customer's request and takes them through the real recommender and a ledger in memory, on
a simulated clock. It does so three times, with the same visits:

  own            the catalogue's policy as it is
  highest value  at every stage the option of the highest value; nothing is held back or left to chance
  every stage    at every stage what scores best there; nothing is held back or left to chance

Gates, caps, cooldowns, stock and budgets are the same for all three; --baseline-min-gap lets the baselines give what the catalogue's min_gap holds
to be no surprise. The report has the surprises by customer, template and stage, what stood in
the way, the cost, how habit grew, and what customers remember: the mean of the largest gap between perceived and expected and the last one.

The year of --seed is reported in full. The policies are compared over --seeds seeds, from that one on. The same seed gives the same report.

FILE is JSON lines of RecommendRequest, as for recommend. A customer comes as often as the profile says (visits.last_365d, else 12 times a year),
always with the channel, store and scene of the request.`,
		Example: `  surprised simulate --catalog examples/catalog --customers examples/customers.jsonl --from 2027-01-01

  # the effect of a change in the catalogue, with plots
  surprised simulate --catalog examples/catalog --customers examples/customers.jsonl --from 2027-01-01 --days 180 --plots plots -o table`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simulateYear(cmd.Context(), env, flags)
		},
	}
	flags.add(cmd)
	return cmd
}

func (s *simulateFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.catalog, "catalog", "", "folder of the catalogue (required)")
	f.StringVar(&s.customers, "customers", "", "file of RecommendRequests, one for each customer; - is the standard input (required)")
	f.StringVar(&s.from, "from", "", "first day, for example 2027-01-01 (required)")
	f.IntVar(&s.days, "days", defaultSimulatedDays, "how many days")
	f.Uint64Var(&s.seed, "seed", 1, "what decides all that is random")
	f.IntVar(&s.seeds, "seeds", defaultSeeds, "over how many seeds to compare the policies")
	f.Float64Var(&s.visits, "visits", 0, "how often everybody comes in a year, on average; 0: as often as their profiles say")
	f.Float64Var(&s.refusals, "refusals", defaultRefusals, "share of offers that customers refuse")
	f.Float64Var(&s.baselineMinGap, "baseline-min-gap", -1, "least gap that the baselines offer, in delight points; 0: whatever is expected; below 0: the catalogue's min_gap")
	f.StringVarP(&s.output, "output", "o", "auto", "json, table, or auto: a table on a terminal, else json")
	f.StringVar(&s.plots, "plots", "", "folder to write plots to, as SVG")
	for _, name := range []string{"catalog", "customers", "from"} {
		_ = cmd.MarkFlagRequired(name) // it exists: it was made above
	}
}

func simulateYear(ctx context.Context, env *environment, flags simulateFlags) error {
	asTable, err := wantsTable(env, flags.output)
	if err != nil {
		return err
	}
	opts, err := flags.options(ctx, env)
	if err != nil {
		return err
	}
	bar := newSimulationBar(env)
	opts.Progress = bar.show
	result, err := simulate.Compare(ctx, opts, flags.seeds)
	bar.finish()
	if err != nil {
		return err
	}
	if err := flags.draw(env, result); err != nil {
		return err
	}
	if asTable {
		return result.WriteTable(env.stdout)
	}
	return writeIndented(env.stdout, result)
}

func (s *simulateFlags) options(ctx context.Context, env *environment) (simulate.Options, error) {
	if err := s.check(); err != nil {
		return simulate.Options{}, err
	}
	cat, err := loadForSimulation(env, s.catalog)
	if err != nil {
		return simulate.Options{}, err
	}
	from, err := parseDay("--from", s.from, cat.Location)
	if err != nil {
		return simulate.Options{}, err
	}
	customers, err := readCustomers(ctx, env, s.customers)
	opts := simulate.Options{
		Catalog: cat, Customers: customers, From: from, Days: s.days, Seed: s.seed, VisitsPerYear: s.visits, RefusalShare: s.refusals,
	}
	if s.baselineMinGap >= 0 {
		opts.BaselineMinGap = &s.baselineMinGap
	}
	return opts, err
}

func (s *simulateFlags) check() error {
	switch {
	case s.seeds < 1 || s.seeds > simulate.MaxSeeds:
		return usagef("--seeds: give 1 to %d", simulate.MaxSeeds)
	case !(s.visits >= 0 && s.visits <= simulate.MaxVisitsPerYear):
		return usagef("--visits: give 0 to %d", simulate.MaxVisitsPerYear)
	case !(s.refusals >= 0 && s.refusals <= 1):
		return usagef("--refusals: give a share from 0 to 1")
	}
	return checkDays(s.days)
}

func checkDays(days int) error {
	if days < 1 || days > simulate.MaxDays {
		return usagef("--days: give 1 to %d", simulate.MaxDays)
	}
	return nil
}

func (s *simulateFlags) draw(env *environment, result *simulate.Result) error {
	if s.plots == "" {
		return nil
	}
	files, err := result.WritePlots(s.plots)
	for _, f := range files {
		fmt.Fprintln(env.stderr, "wrote", f)
	}
	return err
}

// loadForSimulation reads a catalogue that must be without errors; its warnings are shown.
func loadForSimulation(env *environment, dir string) (*catalog.Catalog, error) {
	cat, problems, err := loadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("--catalog: %w", err)
	}
	if cat == nil {
		return nil, fmt.Errorf("the catalogue %s is broken:\n%w", dir, problems)
	}
	for _, p := range problems {
		fmt.Fprintln(env.stderr, p)
	}
	return cat, nil
}

func parseDay(flag, text string, zone *time.Location) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return day, usagef("%s: %q is not a date such as 2027-01-01", flag, text)
	}
	return day, nil
}

func writeIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
