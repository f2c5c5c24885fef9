// CURVE on both kinds of socket of the benchmark's C programs.
#include "common.h"

// Whoever listens is the CURVE server with the pair of BENCH_CURVE_PUBLIC and BENCH_CURVE_SECRET (Z85), if these are set.
static void secure_server(void *socket) {
  const char *secret = getenv("BENCH_CURVE_SECRET");
  int server = 1;
  if (secret == NULL) return;
  require(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &server, sizeof server) == 0, "be CURVE server");
  require(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, 40) == 0, "set the server's secret key");
}

// Whoever connects is a CURVE client with a fresh pair.
static void secure_client(void *socket) {
  const char *server = getenv("BENCH_CURVE_PUBLIC");
  char public_key[41], secret_key[41];
  if (server == NULL) return;
  require(zmq_curve_keypair(public_key, secret_key) == 0, "make a CURVE key pair");
  require(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server, 40) == 0, "set the server's public key");
  require(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, 40) == 0, "set the client's public key");
  require(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 40) == 0, "set the client's secret key");
}
