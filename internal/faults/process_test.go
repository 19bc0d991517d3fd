package faults

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

const catalogDir = "testdata/catalog"

// patience is how long a process may take to start, or to get to a step, on a busy machine.
const patience = 30 * time.Second

// soak is n where long tests are switched on, else the few that CI has time for.
func soak(few, n int) int {
	if os.Getenv("SURPRISED_SOAK") != "" {
		return n
	}
	return few
}

// build makes a program that can be stopped at the steps of a change.
func build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "surprised")
	compile := exec.Command("go", "build", "-tags", "faults", "-buildvcs=false", "-o", program, "../../cmd/surprised") //nolint:gosec // our own
	out, err := compile.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// process is the program, running as a process of its own.
type process struct {
	advise surprisev1.RecommendationServiceClient
	claims surprisev1.ClaimServiceClient
	// paused is closed when the process says that it got to its step, and exited when it has ended.
	paused, exited chan struct{}

	cmd    *exec.Cmd
	conn   *grpc.ClientConn
	stderr buffer
}

// buffer may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (b *buffer) add(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.WriteString(line + "\n")
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// serve are the arguments of a server on a free port.
func serve(store string) []string {
	return []string{"serve", "--catalog", catalogDir, "--store", store, "--grpc-addr", "127.0.0.1:0", "--http-addr", "", "--admin-addr", ""}
}

// launch starts a command that becomes the program, and waits until it says where it listens.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, paused: make(chan struct{}), exited: make(chan struct{})}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	address := make(chan string, 1)
	var read sync.WaitGroup
	read.Go(func() { scan(stdout, `gRPC\s+(\S+)`, func(addr string) { address <- addr }, nil) })
	read.Go(func() { scan(stderr, `^paused at (\S+)`, func(string) { close(p.paused) }, p.stderr.add) })
	go func() {
		read.Wait()
		_ = cmd.Wait() // that it was killed is no news
		close(p.exited)
	}()
	select {
	case addr := <-address:
		p.connect(t, addr)
	case <-p.exited:
		t.Fatalf("it did not start: %s", p.stderr.String())
	case <-time.After(patience):
		t.Fatalf("it does not start: %s", p.stderr.String())
	}
	return p
}

// scan reads to the end, and tells of the first line that has the pattern, and of each.
func scan(from io.Reader, pattern string, first, each func(string)) {
	wanted := regexp.MustCompile(pattern)
	for lines := bufio.NewScanner(from); lines.Scan(); {
		if m := wanted.FindStringSubmatch(lines.Text()); m != nil && first != nil {
			first(m[1])
			first = nil
		}
		if each != nil {
			each(lines.Text())
		}
	}
}

func (p *process) connect(t *testing.T, addr string) {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	p.conn, p.advise, p.claims = conn, surprisev1.NewRecommendationServiceClient(conn), surprisev1.NewClaimServiceClient(conn)
}

// kill is kill -9. It may be called again.
func (p *process) kill() {
	if p.conn != nil {
		_ = p.conn.Close()
	}
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// alive reports whether the process has not ended.
func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// start runs the program, to stop at a step when it gets there for the n-th time; no step: it does not stop.
func start(t *testing.T, program, store, step string, n int) *process {
	t.Helper()
	cmd := exec.Command(program, serve(store)...) //nolint:gosec,noctx // our own, killed at the end
	cmd.Env = os.Environ()
	if step != "" {
		cmd.Env = append(cmd.Env, "SURPRISED_PAUSE_AT="+step+":"+strconv.Itoa(n))
	}
	return launch(t, cmd)
}

// offer makes the customer an offer.
func (p *process) offer(ctx context.Context, v *visit) error {
	res, err := p.advise.Recommend(ctx, request(v.customer, v.store))
	if err == nil && len(res.GetOffers()) != 1 {
		err = fmt.Errorf("no offer: %v", res.GetReasons())
	}
	if err == nil {
		v.offer = res.GetOffers()[0]
	}
	return err
}

func request(customer, store string) *surprisev1.RecommendRequest {
	return &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{Id: customer},
		Moment:   &surprisev1.Moment{Stage: "edition", Channel: surprisev1.Channel_APP, Store: store},
	}
}
