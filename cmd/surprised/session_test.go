package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// TestServiceCommands goes through the commands that ask a service, one after the other, and compares what they print with testdata/session. In a
// command, $CLAIM, $WISH and $TMP stand for what came before; "<" gives it a standard input.
func TestServiceCommands(t *testing.T) {
	testdata := fromRoot(t)
	addr := served(t, "mem:", "examples/services")
	known := map[string]string{"TMP": inputs(t)}
	for _, name := range []string{"stock", "card", "wish", "events", "customer"} {
		if name == "card" {
			known["CLAIM"] = bookedClaim(t, addr)
		}
		file := filepath.Join(testdata, "session", name+".txt")
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, m := range regexp.MustCompile(`(?m)^\$ surprised (.*)$`).FindAllStringSubmatch(string(want), -1) {
			got.WriteString(step(t, addr, m[1], known))
		}
		if *update {
			if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got; if the new one is right, go test -update):\n%s", name, diff)
		}
	}
}

// inputs are files for imports.
func inputs(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var codes strings.Builder
	codes.WriteString("\ufeff")
	for i := range 2500 {
		fmt.Fprintf(&codes, " GC-%04d \r\n\n", i)
	}
	for name, text := range map[string]string{
		"codes.txt": codes.String(),
		"long.txt":  "GC-1\n" + strings.Repeat("x", 201) + "\n",
		"slots.csv": "id,starts,ends,adviser,places\nmon,2090-01-07T14:00:00+08:00,2090-01-07T15:00:00+08:00,Lin,\n" +
			"tue,2090-01-08T14:00:00+08:00,2090-01-08T15:00:00+08:00,\"Chen, senior\",3\n",
		"broken.csv":   "id,starts,ends,places\n,2090-01-07,2090-01-07T15:00:00+08:00,x\na,2090-01-07T16:00:00+08:00,2090-01-07T15:00:00+08:00,1\n",
		"columns.csv":  "id,start,ends\n",
		"customer.txt": "no JSON",
		"mei.json":     `{"id": "mei", "displayName": "Mei \u001b[2J", "allergies": ["nuts"]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// bookedClaim is an hour of advice that Mei has booked.
func bookedClaim(t *testing.T, addr string) string {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	res, err := surprisev1.NewRecommendationServiceClient(conn).Recommend(t.Context(), &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{Id: "mei"}, Moment: &surprisev1.Moment{Stage: "shopping", Channel: surprisev1.Channel_APP, Store: "taipei-1"},
	})
	if err != nil || len(res.GetOffers()) == 0 {
		t.Fatalf("got %v, %v", res, err)
	}
	claim, err := surprisev1.NewClaimServiceClient(conn).Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: res.GetOffers()[0].GetToken(), CustomerId: "mei", SlotId: "tue"})
	if err != nil {
		t.Fatal(err)
	}
	return claim.GetClaim().GetClaimId()
}

// step runs one command, and returns it with all that it printed.
func step(t *testing.T, addr, command string, known map[string]string) string {
	t.Helper()
	args, stdin, _ := strings.Cut(command, " < ")
	w := newWorld(strings.NewReplacer(`\n`, "\n", `\x1b`, "\x1b", `\u202e`, "\u202e").Replace(stdin))
	w.isTerminal = func(stream any) bool { return stdin != "" && stream == w.stdin }
	var words []string
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(os.Expand(args, func(name string) string { return known[name] }), -1) {
		words = append(words, strings.Trim(word, "'"))
	}
	code := run(t.Context(), append(words, "--server", addr), &w.environment)
	if m := regexp.MustCompile(`"wish_id":"(\w+)"`).FindStringSubmatch(w.out.String()); m != nil {
		known["WISH"] = m[1]
	}
	printed := strings.NewReplacer(addr, "ADDR", known["TMP"], "$TMP").Replace(w.out.String() + w.err.String())
	return fmt.Sprintf("$ surprised %s\n%s-- exit code %d --\n\n", command, maskSession(printed), code)
}

// maskSession hides what is different in every run.
func maskSession(text string) string {
	for _, m := range []struct{ pattern, shown string }{
		{`\b20[2-8]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`, "TIME"},
		{`\b20[2-8]\d-\d\d-\d\d( |")`, "DATE$1"},
		{`\bc[a-z0-9]{52}`, "ID"},
		{`\bc[a-z0-9]{47}\n[a-z0-9]{5}\b`, "ID"}, // on a card
		{`"d[a-z0-9]{24}"`, `"ID"`},
		{`\b[a-z0-9]{26}\b`, "KEY"},
		{`\b[a-z0-9]{8}…`, "KEY…"},
		{`so1\.[\w.-]+`, "TOKEN"},
		{`([rR]evision":")[0-9a-f]{12}`, "${1}REVISION"},
		{`\.\d{16}\.\d+\.\d+"`, `.PLACE"`},
		{`(UID|DTSTAMP):\S+`, "$1"},
	} {
		text = regexp.MustCompile(m.pattern).ReplaceAllString(text, m.shown)
	}
	return text
}
