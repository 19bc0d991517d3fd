package rules

import (
	"fmt"
	"strings"

	"github.com/surprise-service/surprised/internal/catalog"
)

// perFile is how many templates stand in one file: files have at most 1 MiB. Those of Stores have longer rules.
const perFile = 100

// Files returns the catalogue as the service reads it: a template for each rule, under ids in the order of the rules.
//
// Stage and channel are not part of the rule but of the template, as an operator would write it. Journeys look ahead for better moments,
// and templates have values, costs, cooldowns and texts.
func (c *Catalog) Files() []catalog.File {
	files := []catalog.File{{Name: "shop.yaml", Data: []byte(c.shop())}}
	for from := 0; from < len(c.Rules); from += perFile {
		var out strings.Builder
		out.WriteString("templates:\n")
		for i := from; i < min(from+perFile, len(c.Rules)); i++ {
			c.template(&out, i)
		}
		files = append(files, catalog.File{Name: fmt.Sprintf("templates_%05d.yaml", from/perFile), Data: []byte(out.String())})
	}
	return files
}

const categories = 40

func (c *Catalog) template(out *strings.Builder, i int) {
	r := &c.Rules[i]
	kinds := []string{"NOTE", "GIFT", "SERVICE", "CAKE"}
	fmt.Fprintf(out, "  - id: %s\n    kind: %s\n    category: c%02d\n", TemplateID(i), kinds[i%len(kinds)], i%categories)
	var rest [][]int
	for _, clause := range r.Clauses {
		switch a := c.Atoms[clause[0]]; {
		case len(clause) == 1 && a.Attribute == Stage:
			fmt.Fprintf(out, "    stages: [%s]\n", strings.Join(a.Values, ", "))
		case len(clause) == 1 && a.Attribute == Channel:
			fmt.Fprintf(out, "    channels: [%s]\n", strings.Join(a.Values, ", "))
		default:
			rest = append(rest, clause)
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(out, "    rule: '%s'\n", c.Text(rest, c.Path))
	}
	fmt.Fprintf(out, "    levels: [{id: plain, value: %.3f, cost_minor: %d}]\n    cooldowns: {template: 30d, category: 2d}\n", r.Value, 100*(i%50))
	fmt.Fprintf(out, "    texts: {en: {title: Something small %d, message: \"A moment for you, {name|dear guest}. We kept this aside this morning, and hope that it is right.\"}}\n", i)
}

// TemplateID returns the id of the template with rule i.
func TemplateID(i int) string { return fmt.Sprintf("t%06d", i) }

// shop is what the templates need: declared attributes, the journey, and policies that decide by scores, caps and better moments.
func (c *Catalog) shop() string {
	var out strings.Builder
	out.WriteString("name: A generated shop\ndefault_locale: en\ncurrency: TWD\ntime_zone: Asia/Taipei\nattributes:\n")
	for _, owner := range []string{"customer", "moment"} {
		fmt.Fprintf(&out, "  %s:\n", owner)
		for _, a := range c.Attributes {
			if name, ok := strings.CutPrefix(a.Path, owner+".attributes."); ok {
				fmt.Fprintf(&out, "    %s: %s\n", name, []string{"STRING", "INT", "BOOL", "STRING_LIST"}[a.Kind])
			}
		}
	}
	out.WriteString("journeys:\n  - id: visit\n    stages:\n")
	stages := c.Attributes[Stage].Values
	for i, s := range stages {
		fmt.Fprintf(&out, "      - {id: %s, weight: %.2f", s, 0.8+0.1*float64(i%4))
		if i+1 < len(stages) {
			fmt.Fprintf(&out, ", next: [{stage: %s, probability: 0.8}]", stages[i+1])
		}
		out.WriteString("}\n")
	}
	out.WriteString(`market:
  - {kind: GIFT, usual: 0.3}
  - {kind: SERVICE, usual: 0.2}
policies:
  caps: [{max: 1, window: visit}, {max: 30, window: 30d}]
  min_gap: 1
  cost_weight: 0.0005
`)
	return out.String()
}
