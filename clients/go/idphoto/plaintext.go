package idphoto

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"
)

// plaintext is gRPC's insecure transport, which tells whom a connection leads to.
type plaintext struct {
	credentials.TransportCredentials
}

// ClientHandshake is credentials.TransportCredentials'.
func (p plaintext) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	same, _, err := p.TransportCredentials.ClientHandshake(ctx, authority, conn)
	return same, plaintextInfo{credentials.CommonAuthInfo{SecurityLevel: credentials.NoSecurity}, conn.RemoteAddr()}, err
}

// Clone is credentials.TransportCredentials'.
func (p plaintext) Clone() credentials.TransportCredentials {
	return plaintext{p.TransportCredentials.Clone()}
}

type plaintextInfo struct {
	credentials.CommonAuthInfo
	peer net.Addr
}

// AuthType is credentials.AuthInfo's.
func (plaintextInfo) AuthType() string { return "insecure" }

// ValidateAuthority is credentials.AuthorityValidator's: without TLS nobody proves a name.
func (plaintextInfo) ValidateAuthority(string) error { return nil }

// keepsSecrets says whether nobody on the way reads a connection.
func keepsSecrets(connection credentials.AuthInfo) bool {
	if plain, ok := connection.(plaintextInfo); ok {
		return isOnThisHost(plain.peer)
	}
	return credentials.CheckSecurityLevel(connection, credentials.PrivacyAndIntegrity) == nil
}

func isOnThisHost(peer net.Addr) bool {
	switch peer := peer.(type) {
	case *net.UnixAddr:
		return true
	case *net.TCPAddr:
		return peer.IP.IsLoopback()
	}
	return false
}

func to(connection credentials.AuthInfo) string {
	if plain, ok := connection.(plaintextInfo); ok && plain.peer != nil {
		return " to " + plain.peer.String()
	}
	return ""
}
