#!/bin/sh
# Makes the certificates of the TLS scenarios in the folder given: two CAs, a server
# certificate for localhost, and a client certificate of each CA. Valid for a day. And
# empty.pem, a file that was cut off at its first byte.
set -eu
cd "$1"

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \
    -subj "/CN=conformance $1" -addext "basicConstraints=critical,CA:TRUE" \
    -addext "keyUsage=critical,keyCertSign" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

leaf() { # NAME CA PURPOSE
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "/CN=conformance $1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf '%s\n' "basicConstraints=CA:FALSE" "extendedKeyUsage=$3" \
    "subjectAltName=DNS:localhost,IP:127.0.0.1" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 1 \
    -extfile "$1.ext" -out "$1.pem" 2>/dev/null
  rm "$1.csr" "$1.ext"
}

authority ca
authority other-ca
leaf server ca serverAuth
leaf client ca clientAuth
leaf other-client other-ca clientAuth
: >empty.pem
