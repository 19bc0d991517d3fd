package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// smallDisk is about how many blocks of 512 bytes a file may have.
const smallDisk = "600"

// tooMany is more visits than fit.
const tooMany = 5000

// TestFullDisk lets no file grow beyond a bound: what does not fit is refused, all else goes on, and nothing that was told is lost.
func TestFullDisk(t *testing.T) {
	program := build(t)
	k := &killing{T: t, program: program, url: "bolt:" + filepath.Join(t.TempDir(), "faults.db")}
	limited := append([]string{"-c", "ulimit -f " + smallDisk + ` && exec "$0" "$@"`, program}, serve(k.url)...)
	cmd := exec.Command("sh", limited...) //nolint:gosec,noctx // our own, killed at the end
	cmd.Env = os.Environ()
	p := launch(t, cmd)
	told := k.fill(p)
	confirmed := 0
	for i, answers := range told {
		if len(answers) == 0 {
			continue
		}
		res, err := p.claims.GetClaim(t.Context(), &surprisev1.GetClaimRequest{ClaimId: answers[0].GetClaimId()})
		if err != nil || len(answers) == 2 && res.GetClaim().GetState() != surprisev1.ClaimState_CONFIRMED {
			t.Fatalf("with the disk full, %s reads %v, %v", k.visits[i].customer, res, err)
		}
		confirmed += len(answers) - 1
	}
	if !p.alive() {
		t.Fatalf("the process has ended: %s", p.stderr.String())
	}
	p.kill()
	p = start(t, program, k.url, "", 0)
	for i, answers := range told {
		if v := k.visits[i]; len(answers) < len(v.plan.calls) {
			k.again(p, v, answers, v.customer)
		}
	}
	p.kill()
	if given := k.check(); given != len(told) {
		t.Errorf("%d of %d visits came to their end", given, len(told))
	}
	t.Logf("figure full disk: %d deliveries confirmed before, %d calls refused, 0 lost", confirmed, refusals)
}

// refusals is how many calls in a row must find the disk full.
const refusals = 20

// fill makes visits until the disk is full, and returns what each of them was told.
func (k *killing) fill(p *process) (told [][]*surprisev1.Claim) {
	k.Helper()
	for failed := 0; failed < refusals; {
		v := k.visit(plans()[0])
		if err := p.offer(k.Context(), v); err != nil {
			k.Fatalf("a recommendation only reads, and says: %v; %s", err, p.stderr.String())
		}
		answers, err := p.run(k.Context(), v, v.plan.calls, 1)
		told = append(told, answers)
		switch {
		case err == nil && len(told) > tooMany:
			k.Fatalf("%d visits fit into the disk", len(told))
		case err != nil && reason(err) != surprisev1.Reason_STORE_UNAVAILABLE.String():
			k.Fatalf("want STORE_UNAVAILABLE, got %v; %s", err, p.stderr.String())
		case err != nil:
			failed++
		}
	}
	return told
}

// reason is why a call was refused.
func reason(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
