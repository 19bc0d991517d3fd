package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/surprise-service/surprised/internal/catalog"
)

func newCatalogCommand(env *environment) *cobra.Command {
	return group("catalog", "Work on a catalogue", withPredictability(env, newCatalogCheckCommand(env)))
}

func newCatalogCheckCommand(env *environment) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Check a catalogue",
		Long: `Check reads the YAML files of a folder as the service does and prints all that is wrong at once, each problem as
file:line:col: message. It exits with 1 if there are errors; warnings alone are no failure.`,
		Example: `  surprised catalog check examples/catalog

  # for other programs
  surprised catalog check --output json examples/catalog`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch output {
			case "text":
				return checkCatalog(env, args[0], printCheck)
			case "json":
				return checkCatalog(env, args[0], printCheckJSON)
			}
			return usagef("--output: %q is none of text, json", output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// checkResult is what catalog check found, in the form of its JSON.
type checkResult struct {
	Dir       string         `json:"dir"`
	Revision  string         `json:"revision,omitempty"`
	Templates int            `json:"templates"`
	Journeys  int            `json:"journeys"`
	Segments  int            `json:"segments"`
	Errors    int            `json:"errors"`
	Warnings  int            `json:"warnings"`
	Problems  []checkProblem `json:"problems"`
}

type checkProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Warning bool   `json:"warning,omitempty"`
}

func checkCatalog(env *environment, dir string, show func(*environment, checkResult, catalog.Problems) error) error {
	cat, problems, err := loadDir(dir)
	if err != nil {
		return err
	}
	result := checkResult{Dir: dir, Problems: []checkProblem{}}
	for _, p := range problems {
		result.Problems = append(result.Problems, checkProblem(p))
		if p.Warning {
			result.Warnings++
		} else {
			result.Errors++
		}
	}
	if cat != nil {
		result.Revision, result.Templates = cat.Revision, len(cat.Templates)
		result.Journeys, result.Segments = len(cat.JourneyIDs()), len(cat.Source.GetSegments())
	}
	if err := show(env, result, problems); err != nil {
		return err
	}
	if result.Errors > 0 {
		return fmt.Errorf("the catalogue %s has %s", dir, count(result.Errors, "error"))
	}
	return nil
}

// loadDir reads a catalogue. The files of its problems are named from where the user stands, so that a terminal can open them.
func loadDir(dir string) (*catalog.Catalog, catalog.Problems, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		return nil, nil, fmt.Errorf("%s is a file; give the folder that it is in", dir)
	}
	cat, problems, err := catalog.LoadDir(os.DirFS(dir))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s", err, dir)
	}
	return cat, below(dir, problems), nil
}

// below puts a folder before the files of problems.
func below(dir string, problems catalog.Problems) catalog.Problems {
	out := make(catalog.Problems, len(problems))
	for i, p := range problems {
		p.File = filepath.Join(dir, p.File)
		out[i] = p
	}
	return out
}

// explainCatalog makes the problems of a broken catalogue, which name files within it, an error for people.
func explainCatalog(dir string, err error) error {
	var problems catalog.Problems
	if errors.As(err, &problems) {
		return fmt.Errorf("the catalogue %s is broken:\n%w", dir, below(dir, problems))
	}
	return err
}

func printCheck(env *environment, r checkResult, problems catalog.Problems) error {
	for _, p := range problems {
		fmt.Fprintln(env.stdout, p)
	}
	if r.Errors > 0 {
		return nil
	}
	_, err := fmt.Fprintf(env.stdout, "%s: %s, %s, %s, revision %s; no errors, %s\n", r.Dir, count(r.Templates, "template"), count(r.Journeys, "journey"),
		count(r.Segments, "segment"), r.Revision, count(r.Warnings, "warning"))
	return err
}

func printCheckJSON(env *environment, r checkResult, _ catalog.Problems) error {
	enc := json.NewEncoder(env.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// count is "no errors", "1 error" or "3 errors".
func count(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
