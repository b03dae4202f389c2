// Package idphoto calls the ID photo verification gateway with safe defaults.
//
// A verification asks how alike a photo is to the one on a person's ID card. The answer
// is a [Comparison] or a [Rejection]; every other end is an [*Error]. Each new order id
// may be charged, and a gateway sends the same order id at most once: to ask again, call
// again with the same [Request], its OrderID set by [MintOrderID]. Gateways that share no
// ledger do not know each other's orders.
//
// A [Client] made by [New] uses TLS, gives every call a deadline, balances over all
// addresses whose health is good, and repeats a verification only where nothing was sent.
// Names, ID numbers and photos do not show in what this package prints or logs.
package idphoto
