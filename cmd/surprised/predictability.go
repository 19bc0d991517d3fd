package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/simulate"
)

// predictabilityFlags are those that catalog check has for what customers can guess.
type predictabilityFlags struct {
	customers, from string
	days            int
	seed            uint64
}

const defaultPredictedDays = 730

// withPredictability lets catalog check say how well the surprises of a catalogue can be guessed.
func withPredictability(env *environment, check *cobra.Command) *cobra.Command {
	var flags predictabilityFlags
	f := check.Flags()
	f.StringVar(&flags.customers, "predictability", "", "file of RecommendRequests: simulate these customers and report how well they could guess the day of their next surprise")
	f.StringVar(&flags.from, "from", "", "first day of the simulation, for example 2027-01-01 (default today)")
	f.IntVar(&flags.days, "days", defaultPredictedDays, "days of the simulation")
	f.Uint64Var(&flags.seed, "seed", 1, "what decides all that is random in the simulation")
	check.Long += `

With --predictability it also takes the customers of a file through two years, as simulate does, and reports for each template the share of gifts
whose day somebody would have guessed who remembers all earlier ones and knows a calendar: on the same date as in an earlier year, after the same
interval as the last time (each within a day), at nearly every visit (more than 80 %), or on an occasion that never passed without it. The first gift of a
template to a customer cannot be guessed and does not count. From 70 % a surprise comes like clockwork, from 40 % it is often guessed.`
	check.Example += `

  # which surprises come like clockwork?
  surprised catalog check examples/catalog --predictability examples/customers.jsonl --from 2027-01-01`
	plain := check.RunE
	check.RunE = func(cmd *cobra.Command, args []string) error {
		if err := flags.alone(cmd); err != nil {
			return err
		}
		output := cmd.Flag("output").Value.String()
		if flags.customers == "" || output != "text" && output != "json" {
			return plain(cmd, args)
		}
		return flags.check(cmd.Context(), env, args[0], output == "json")
	}
	return check
}

// alone refuses flags that would be of no effect.
func (p *predictabilityFlags) alone(cmd *cobra.Command) error {
	for _, name := range []string{"from", "days", "seed"} {
		if p.customers == "" && cmd.Flags().Changed(name) {
			return usagef("--%s: give --predictability as well", name)
		}
	}
	return nil
}

func (p *predictabilityFlags) check(ctx context.Context, env *environment, dir string, asJSON bool) error {
	if err := checkDays(p.days); err != nil {
		return err
	}
	return checkCatalog(env, dir, func(env *environment, result checkResult, problems catalog.Problems) error {
		if result.Errors > 0 {
			return p.show(env, result, problems, nil, asJSON)
		}
		found, err := p.predict(ctx, env, dir)
		if err != nil {
			return err
		}
		return p.show(env, result, problems, found, asJSON)
	})
}

func (p *predictabilityFlags) predict(ctx context.Context, env *environment, dir string) ([]simulate.Predictability, error) {
	cat, _, err := loadDir(dir)
	if err != nil {
		return nil, err
	}
	from := env.clock().In(cat.Location)
	if p.from != "" {
		if from, err = parseDay("--from", p.from, cat.Location); err != nil {
			return nil, err
		}
	}
	y, m, d := from.Date()
	customers, err := readCustomers(ctx, env, p.customers)
	if err != nil {
		return nil, err
	}
	bar := newSimulationBar(env)
	histories, err := simulate.Histories(ctx, simulate.Options{
		Catalog: cat, Customers: customers, From: time.Date(y, m, d, 0, 0, 0, 0, cat.Location), Days: p.days, Seed: p.seed, RefusalShare: defaultRefusals, Progress: bar.show,
	})
	bar.finish()
	return simulate.Predict(cat, histories), err
}

func (p *predictabilityFlags) show(env *environment, result checkResult, problems catalog.Problems, found []simulate.Predictability, asJSON bool) error {
	if asJSON {
		return writeIndented(env.stdout, struct {
			checkResult
			Predictability []simulate.Predictability `json:"predictability"`
		}{result, found})
	}
	if err := printCheck(env, result, problems); err != nil || found == nil {
		return err
	}
	fmt.Fprintln(env.stdout)
	return simulate.WritePredictability(env.stdout, found)
}
