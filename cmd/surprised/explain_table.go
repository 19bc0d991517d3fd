package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
)

// paint wraps text into terminal colours, or leaves it alone.
type paint bool

func (p paint) with(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p paint) green(text string) string { return p.with("32", text) }
func (p paint) red(text string) string   { return p.with("31", text) }
func (p paint) faint(text string) string { return p.with("2", text) }
func (p paint) bold(text string) string  { return p.with("1", text) }

// printExplanation writes the decision in a line, and under it a few lines for each template.
func printExplanation(w io.Writer, r batch.Result, colours bool) error {
	p, res := paint(colours), r.Explanation
	var b strings.Builder
	name := r.RequestID
	if name == "" {
		name = fmt.Sprintf("line %d", r.Line)
	}
	fmt.Fprintf(&b, "%s: %s", p.bold(batch.Printable(name)), res.GetDecision().GetOutcome())
	if h := res.GetDecision().GetHold(); h != nil {
		fmt.Fprintf(&b, " until %s (gain %.2f, probability %.2f)", h.GetUntilStage(), h.GetExpectedGain(), h.GetProbability())
	}
	b.WriteString("\n")
	for _, t := range res.GetTemplates() {
		p.template(&b, t)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (p paint) template(b *strings.Builder, t *surprisev1.TemplateExplanation) {
	if t.GetTaken() {
		fmt.Fprintf(b, "  %-24s %s  %s, score %.2f, probability %.3f\n", t.GetTemplate(), p.green("taken"), t.GetLevel(), t.GetScore().GetScore(), t.GetPropensity())
		return
	}
	for i, block := range t.GetBlocks() {
		name := ""
		if i == 0 {
			name = t.GetTemplate()
		}
		fmt.Fprintf(b, "  %-24s %s  %s%s\n", name, p.red(block.GetReason().String()), batch.Printable(block.GetText()), p.earliest(block))
		for _, a := range block.GetAtoms() {
			fmt.Fprintf(b, "  %-24s   %s: was %s  %s\n", "", a.GetExpression(), batch.Printable(a.GetWas()), p.faint(fmt.Sprintf("%s:%d:%d", a.GetFile(), a.GetLine(), a.GetColumn())))
		}
	}
}

func (p paint) earliest(b *surprisev1.Block) string {
	if b.GetEarliest() == nil {
		return ""
	}
	return p.faint("  from " + b.GetEarliest().AsTime().Format(time.RFC3339))
}
