package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/emptypb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// granted is what each permission is for, as docs/api.md has it.
func granted() map[string]Permission {
	out := map[string]Permission{}
	for p, methods := range map[Permission]string{
		"recommend": "Recommend RecommendStream Explain",
		"claim":     "Claim Confirm Cancel GetClaim ListClaims RecordDelivery ListSlots JoinWaitlist LeaveWaitlist GetTicket TakeTurn",
		"wish":      "PostWish WithdrawWish ListWall",
		"staff":     "GetCard ListCards LeaseCard ReturnCard GetShelfCard ListWishes MatchWish GrantWish",
		"stock":     "ImportCodes ImportSlots GetStock",
		"outcome":   "RecordOutcome",
		"customer":  "ExportCustomer EraseCustomer",
		"report":    "GetGivers",
		"events":    "Watch",
		"catalog":   "GetCatalog CheckCatalog",
	} {
		for _, m := range strings.Fields(methods) {
			out[m] = p
		}
	}
	return out
}

// eachMethod visits every method of the API.
func eachMethod(visit func(fullName string, m protoreflect.MethodDescriptor)) {
	protoregistry.GlobalFiles.RangeFilesByPackage("surprise.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				m := s.Methods().Get(j)
				visit(fmt.Sprintf("/%s/%s", s.FullName(), m.Name()), m)
			}
		}
		return true
	})
}

func keyOf(p Permission) string { return "sk_" + string(p) }

// oneKeyEach has a key for every permission, and one more for all but each: "-claim" may do everything but claim.
func oneKeyEach(t *testing.T) Keys {
	t.Helper()
	var lines []string
	for _, p := range AllPermissions() {
		others := slices.DeleteFunc(AllPermissions(), func(o Permission) bool { return o == p })
		lines = append(lines, KeyLine("only-"+string(p), keyOf(p), []Permission{p}), KeyLine("no-"+string(p), keyOf("-"+p), others))
	}
	keys, err := ParseKeys(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestPermissions calls every method with a key that has only its permission, and with one that has all the others. Requests are empty, so whoever is
// let in is told that they are not valid.
func TestPermissions(t *testing.T) {
	conn := grpcServer(t, oneKeyEach(t))
	seen := 0
	eachMethod(func(fullName string, m protoreflect.MethodDescriptor) {
		seen++
		p, ok := granted()[string(m.Name())]
		if !ok {
			t.Errorf("%s: nobody thought of who may call it", fullName)
			return
		}
		if code := empty(t, conn, keyOf(p), fullName, m); code == codes.PermissionDenied || code == codes.Unauthenticated || code == codes.Unimplemented {
			t.Errorf("%s with the permission %s: got %v", fullName, p, code)
		}
		if code := empty(t, conn, keyOf("-"+p), fullName, m); code != codes.PermissionDenied {
			t.Errorf("%s with all but the permission %s: got %v", fullName, p, code)
		}
		if code := empty(t, conn, "sk_nobody", fullName, m); code != codes.Unauthenticated {
			t.Errorf("%s without a key: got %v", fullName, code)
		}
	})
	if seen != len(granted()) {
		t.Errorf("the API has %d methods, %d are expected", seen, len(granted()))
	}
}

// empty calls a method with an empty request.
func empty(t *testing.T, conn *grpc.ClientConn, key, fullName string, m protoreflect.MethodDescriptor) codes.Code {
	t.Helper()
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+key))
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: m.IsStreamingServer(), ClientStreams: m.IsStreamingClient()}, fullName)
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.SendMsg(&emptypb.Empty{}) // a stream that is refused is told by RecvMsg
	_ = stream.CloseSend()
	return status.Code(stream.RecvMsg(&emptypb.Empty{}))
}

// TestPathsAreGuarded calls every path of the OpenAPI document: without a key all are refused, and none is unknown. Their parameters are known, others
// are not.
func TestPathsAreGuarded(t *testing.T) {
	web, _ := mirror(t, defaultPatience(), oneKeyEach(t), false)
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In, Type string }
		}
	}
	if err := json.Unmarshal(surprisev1.OpenAPI, &doc); err != nil || len(doc.Paths) < 30 {
		t.Fatalf("%d paths, %v", len(doc.Paths), err)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			method, url := strings.ToUpper(method), web.URL+strings.NewReplacer("{", "", "}", "").Replace(path)
			body := func() io.Reader {
				if method == http.MethodPost {
					return strings.NewReader("{}")
				}
				return nil
			}
			if code, got := call(t, request(t, method, url, body())); code != http.StatusUnauthorized || got.reason() != "UNAUTHENTICATED" {
				t.Errorf("%s %s without a key: got %d, %+v", method, path, code, got)
			}
			if code, got := call(t, request(t, method, url+"?frob=1", body())); code != http.StatusBadRequest || !strings.HasPrefix(got.Message, "frob is not a query parameter") {
				t.Errorf("%s %s?frob=1: got %d, %+v", method, path, code, got)
			}
			for _, p := range op.Parameters {
				if p.In != "query" || strings.Contains(p.Name, ".") {
					continue
				}
				if _, got := call(t, request(t, method, url+"?"+p.Name+"=", body())); strings.Contains(got.Message, "is not a query parameter") {
					t.Errorf("%s %s?%s: got %+v", method, path, p.Name, got)
				}
			}
		}
	}
}
