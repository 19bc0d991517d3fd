package rule

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
)

// Mentions tells whether the rule, or a segment that it uses, reads something at a path such as "moment.stage", within it, or
// something that it is within: a rule that reads moment as a whole mentions every path of it. What depends on the day mentions "now".
func (r *Rule) Mentions(path string) bool { return r.mentions(path, map[string]bool{}) }

func (r *Rule) mentions(path string, seen map[string]bool) bool {
	for _, read := range r.reads {
		name, isSegment := strings.CutPrefix(read, segmentPrefix)
		if isSegment && r.set.segmentMentions(name, path, seen) || overlap(read, path) {
			return true
		}
	}
	return false
}

func (s *Set) segmentMentions(name, path string, seen map[string]bool) bool {
	r := s.segments[name]
	if r == nil || seen[name] {
		return false
	}
	seen[name] = true
	return r.mentions(path, seen)
}

func overlap(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// readPaths returns the paths of all that a rule reads, each once. Segments are among them under their variables.
func readPaths(checked *cel.Ast) []string {
	var out []string
	walkReads(checked.NativeRep().Expr(), nil, func(e ast.Expr) {
		path := strings.TrimPrefix(pathOf(e), ".")
		if strings.HasPrefix(path, "@") && !strings.HasPrefix(path, segmentPrefix) {
			// The other variables that macros put in stand for the day, or are counted from it.
			path = "now"
		}
		if !slices.Contains(out, path) {
			out = append(out, path)
		}
	})
	return out
}

// walkReads finds the longest chains of fields that begin at a variable of the facts: customer.visits.last once, and not also
// customer. The variables of loops are local to them.
func walkReads(e ast.Expr, local []string, found func(ast.Expr)) {
	switch e.Kind() {
	case ast.IdentKind:
		if !slices.Contains(local, e.AsIdent()) {
			found(e)
		}
	case ast.SelectKind:
		walkSelect(e, local, found)
	case ast.ComprehensionKind:
		walkLoop(e.AsComprehension(), local, found)
	default:
		for _, part := range parts(e) {
			walkReads(part, local, found)
		}
	}
}

func walkSelect(e ast.Expr, local []string, found func(ast.Expr)) {
	root := e
	for root.Kind() == ast.SelectKind {
		root = root.AsSelect().Operand()
	}
	if root.Kind() != ast.IdentKind {
		walkReads(root, local, found)
	} else if !slices.Contains(local, root.AsIdent()) {
		found(e)
	}
}

func walkLoop(loop ast.ComprehensionExpr, local []string, found func(ast.Expr)) {
	walkReads(loop.IterRange(), local, found)
	walkReads(loop.AccuInit(), local, found)
	local = append(slices.Clone(local), loop.IterVar(), loop.IterVar2(), loop.AccuVar())
	for _, part := range []ast.Expr{loop.LoopCondition(), loop.LoopStep(), loop.Result()} {
		walkReads(part, local, found)
	}
}

// parts returns the expressions directly within a call, a list, a map or a message.
func parts(e ast.Expr) []ast.Expr {
	var out []ast.Expr
	switch e.Kind() {
	case ast.CallKind:
		if e.AsCall().IsMemberFunction() {
			out = append(out, e.AsCall().Target())
		}
		out = append(out, e.AsCall().Args()...)
	case ast.ListKind:
		out = e.AsList().Elements()
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			out = append(out, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			out = append(out, field.AsStructField().Value())
		}
	}
	return out
}

// segmentName returns the segment that an expression refers to.
func segmentName(e ast.Expr) (string, bool) {
	if e.Kind() != ast.IdentKind {
		return "", false
	}
	return strings.CutPrefix(e.AsIdent(), segmentPrefix)
}
