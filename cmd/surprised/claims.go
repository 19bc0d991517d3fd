package main

import (
	"cmp"
	"io"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// wantsTable reads --output.
func wantsTable(env *environment, output string) (bool, error) {
	switch output {
	case "auto":
		return env.isTerminal(env.stdout), nil
	case "table", "json":
		return output == "table", nil
	}
	return false, usagef("--output: %q is none of auto, json, table", output)
}

func printClaims(w io.Writer, claims []*surprisev1.Claim) error {
	t := newTable("MADE", "STATE", "WHAT", "WHERE", "ENDS OR ENDED", "REMEMBERED AS", "CLAIM")
	for _, c := range claims {
		t.row(instant(c.GetCreated()), state(c), what(c), where(c), instant(ending(c)), c.GetMemoryTag(), c.GetClaimId())
	}
	return t.write(w)
}

// what was promised: a template and its level, or what a clerk thought of.
func what(c *surprisev1.Claim) string {
	text := cmp.Or(c.GetTemplate(), strings.ToLower(c.GetKind().String()))
	if c.GetLevel() != "" {
		text += "/" + c.GetLevel()
	}
	return text
}

// state says besides what is unusual about a claim.
func state(c *surprisev1.Claim) string {
	s := c.GetState().String()
	if c.GetState() == surprisev1.ClaimState_CANCELLED && c.GetCancelReason() != surprisev1.CancelReason_CANCEL_REASON_UNSPECIFIED {
		s += " " + c.GetCancelReason().String()
	}
	if c.GetOverLimit() {
		s += " over limit"
	}
	return s
}

func where(c *surprisev1.Claim) string {
	parts := []string{c.GetChannel().String()}
	for _, p := range []string{c.GetStore(), c.GetStage()} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}

// ending is when a hold runs out, or when the claim became final.
func ending(c *surprisev1.Claim) *timestamppb.Timestamp {
	switch {
	case c.GetDelivered() != nil:
		return c.GetDelivered()
	case c.GetEnded() != nil:
		return c.GetEnded()
	}
	return c.GetHoldUntil()
}

func instant(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().UTC().Format(time.RFC3339)
}
