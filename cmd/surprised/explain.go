package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
)

func newExplainCommand(env *environment) *cobra.Command {
	var flags recommendFlags
	var template string
	cmd := &cobra.Command{
		Use:   "explain FILE",
		Short: "Say of every template why it is given, or what stops it",
		Long: `Explain decides for each request in FILE as recommend does, and says of every template of the catalogue: taken, or each gate that stops it,
the first one first, with the parts of its rule that were false, their place in the catalogue, and the earliest time.

FILE and the flags are those of recommend. Answers are a table on a terminal, else JSON lines.`,
		Example: `  surprised explain --catalog examples/catalog examples/customers.jsonl

  # one template only
  surprised explain --catalog examples/catalog --template birthday_cake examples/customers.jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return explainAll(cmd.Context(), env, args[0], flags, template)
		},
	}
	flags.add(cmd)
	cmd.Flags().Lookup("summary-json").Hidden = true
	cmd.Flags().StringVar(&template, "template", "", "explain this template only")
	return cmd
}

func explainAll(ctx context.Context, env *environment, file string, flags recommendFlags, template string) (err error) {
	j, err := flags.begin(ctx, env, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	failed := 0
	err = batch.Run(ctx, j.in.source, batch.Explainer{Explain: j.back.explain}, func(r batch.Result) error {
		if r.Failure != nil {
			failed++
			_, err := fmt.Fprintf(env.stderr, "line %d: %s\n", r.Line, r.Failure)
			return err
		}
		return printOne(env, r, j.asTable, template)
	}, batch.Options{Workers: j.back.workers, GroupSize: 1, Prepare: j.in.prepare})
	if err == nil && failed > 0 {
		err = fmt.Errorf("%s failed", count(failed, "request"))
	}
	return flags.explainRun(err)
}

func printOne(env *environment, r batch.Result, asTable bool, template string) error {
	res := r.Explanation
	if res.Templates = only(res.GetTemplates(), template); template != "" && len(res.GetTemplates()) == 0 {
		return fmt.Errorf("--template: the catalogue has no template %q", template)
	}
	if asTable {
		return printExplanation(env.stdout, r, env.isTerminal(env.stdout) && env.getenv("NO_COLOR") == "")
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(res)
	if err != nil {
		return err
	}
	var line bytes.Buffer // protojson varies its spaces on purpose
	if err := json.Compact(&line, text); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, line.String())
	return err
}

func only(all []*surprisev1.TemplateExplanation, template string) []*surprisev1.TemplateExplanation {
	if template == "" {
		return all
	}
	var out []*surprisev1.TemplateExplanation
	for _, t := range all {
		if t.GetTemplate() == template {
			out = append(out, t)
		}
	}
	return out
}
