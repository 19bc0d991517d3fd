package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
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

func printClaimsJSON(w io.Writer, claims []*surprisev1.Claim) error {
	for _, c := range claims {
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(c)
		if err != nil {
			return err
		}
		// protojson varies its spaces on purpose; the same claim has the same bytes here.
		var line bytes.Buffer
		if err := json.Compact(&line, text); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	return nil
}

func printClaims(w io.Writer, claims []*surprisev1.Claim) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MADE\tSTATE\tWHAT\tWHERE\tENDS OR ENDED\tREMEMBERED AS\tCLAIM")
	for _, c := range claims {
		what := cmp.Or(c.GetTemplate(), strings.ToLower(c.GetKind().String()))
		if c.GetLevel() != "" {
			what += "/" + c.GetLevel()
		}
		row := []string{instant(c.GetCreated()), state(c), what, where(c), instant(ending(c)), c.GetMemoryTag(), c.GetClaimId()}
		for i, text := range row {
			row[i] = batch.Printable(text)
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
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
