// Load for the benchmark, in C so that the peers are never what is slow.
//   peers pull <messages>                         prints its endpoint, then the ns from first to last of each run
//   peers push <endpoint> <bytes> <messages> [links]   over one socket, or in turn over so many
//   peers feed <endpoint> <messages>              JSON, some binary, of 100 B to 1 kB: see feed()
//   peers pace <endpoint> <messages a second>     numbered messages until it is stopped: see pace()
//   peers rep                                     prints its endpoint, then echoes for ever
//   peers req <endpoint> <bytes> <round trips>    prints the ns of each round trip, one a line
//   peers publish <pub> <sub> <bytes> <messages>  binds the one, connects to the other: see publish()
// All of them speak CURVE when the environment has keys: see security.h.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common.h"
#include "security.h"

enum { WARM_UP_ROUND_TRIPS = 500 };

static void bind_and_print(void *socket) {
  char endpoint[256];
  size_t size = sizeof endpoint;
  secure_server(socket);
  require(zmq_bind(socket, "tcp://127.0.0.1:*") == 0, "bind");
  require(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0, "last endpoint");
  printf("%s\n", endpoint);
  fflush(stdout);
}

static void pull(void *context, long messages) {
  void *socket = zmq_socket(context, ZMQ_PULL);
  bind_and_print(socket);
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (;;) {
    int64_t first = 0;
    for (long i = 0; i < messages; i++) {
      require(zmq_msg_recv(&message, socket, 0) >= 0, "receive");
      if (i == 0) first = now_ns();
    }
    printf("%lld\n", (long long)(now_ns() - first));
    fflush(stdout);
  }
}

static void push(void *context, const char *endpoint, size_t bytes, long messages, long links) {
  void **sockets = malloc(sizeof(void *) * (size_t)links);
  for (long i = 0; i < links; i++) {
    sockets[i] = zmq_socket(context, ZMQ_PUSH);
    secure_client(sockets[i]);
    require(zmq_connect(sockets[i], endpoint) == 0, "connect");
  }
  char *payload = malloc(bytes);
  memset(payload, 'x', bytes);
  for (long i = 0; i < messages; i++)
    require(zmq_send(sockets[i % links], payload, bytes, 0) == (int)bytes, "send");
  for (long i = 0; i < links; i++) zmq_close(sockets[i]);
  zmq_ctx_term(context);
}

// Text that tells nothing, the same for each place.
static void fill(char *at, size_t count) {
  for (size_t i = 0; i < count; i++) at[i] = (char)('a' + (i * 7 + i / 26) % 26);
}

// What filters are measured with: each tenth message is binary, the others have a user, a number and a nested object.
// "needle-7f3a" is in each ten thousandth. Only the last twentieth has messages of 1,200 B, "late-4c1d", and the user zoe.
static void feed(void *context, const char *endpoint, long messages) {
  static const char *users[] = {"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"};
  char payload[1200], text[1200];
  void *socket = zmq_socket(context, ZMQ_PUSH);
  fill(text, sizeof text);
  require(zmq_connect(socket, endpoint) == 0, "connect");
  for (long i = 0; i < messages; i++) {
    int is_late = i >= messages - messages / 20 && i % 1000 == 0;
    size_t bytes = is_late ? 1200 : 100 + (size_t)(i * 397 % 901);
    if (i % 10 == 9) {
      for (size_t at = 0; at < bytes; at++) payload[at] = (char)(at * 31 + (size_t)i);
    } else {
      const char *mark = is_late ? "late-4c1d" : i % 10000 == 5000 ? "needle-7f3a" : "";
      const char *user = is_late ? "zoe" : users[i * 5 % 8];
      int head = snprintf(payload, sizeof payload, "{\"user\":\"%s\",\"n\":%ld,\"order\":{\"id\":%ld,\"open\":true},\"text\":\"%s",
                          user, i, i % 977, mark);
      size_t rest = bytes > (size_t)head + 2 ? bytes - (size_t)head - 2 : 0;

      memcpy(payload + head, text, rest);
      memcpy(payload + head + rest, "\"}", 2);
      bytes = (size_t)head + rest + 2;
    }
    require(zmq_send(socket, payload, bytes, 0) == (int)bytes, "send");
  }
  zmq_close(socket);
  zmq_ctx_term(context);
}

// Message i is i as ten digits, a space, and i * 397 % 201 + 89 octets of text. Sends what is due every millisecond.
static void pace(void *context, const char *endpoint, long per_second) {
  char payload[301], text[290];
  void *socket = zmq_socket(context, ZMQ_PUSH);
  require(zmq_connect(socket, endpoint) == 0, "connect");
  fill(text, sizeof text);
  int64_t start = now_ns();
  for (long i = 0;;) {
    long due = (long)((double)(now_ns() - start) * (double)per_second / 1e9);
    for (; i < due; i++) {
      int head = snprintf(payload, sizeof payload, "%010ld ", i);
      size_t rest = (size_t)(i * 397 % 201) + 89;
      memcpy(payload + head, text, rest);
      require(zmq_send(socket, payload, (size_t)head + rest, 0) >= 0, "send");
    }
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  }
}

static void rep(void *context) {
  void *socket = zmq_socket(context, ZMQ_REP);
  bind_and_print(socket);
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (;;) {
    require(zmq_msg_recv(&message, socket, 0) >= 0, "receive");
    require(zmq_msg_send(&message, socket, 0) >= 0, "send");
  }
}

static void req(void *context, const char *endpoint, size_t bytes, long round_trips) {
  void *socket = zmq_socket(context, ZMQ_REQ);
  secure_client(socket);
  require(zmq_connect(socket, endpoint) == 0, "connect");
  char *payload = malloc(bytes);
  memset(payload, 'x', bytes);
  int64_t *taken = malloc(sizeof(int64_t) * (size_t)round_trips);
  for (long i = -WARM_UP_ROUND_TRIPS; i < round_trips; i++) {
    int64_t start = now_ns();
    require(zmq_send(socket, payload, bytes, 0) == (int)bytes, "send");
    require(zmq_recv(socket, payload, bytes, 0) == (int)bytes, "receive");
    if (i >= 0) taken[i] = now_ns() - start;
  }
  for (long i = 0; i < round_trips; i++) printf("%lld\n", (long long)taken[i]);
  zmq_close(socket);
  zmq_ctx_term(context);
}

typedef struct {
  void *socket;
  size_t bytes;
  long messages;
} load;

static void *send_load(void *of) {
  const load *all = of;
  char *payload = malloc(all->bytes);
  memset(payload, 'x', all->bytes);
  for (long i = 0; i < all->messages; i++)
    require(zmq_send(all->socket, payload, all->bytes, 0) == (int)all->bytes, "send");
  free(payload);
  return NULL;
}

// Publishes at one endpoint and subscribes to the other, which something is to connect. Once that passes messages of one
// octet, sends the others as fast as it can, and prints the ns from the first to the last that arrives. Fails when one is
// lost.
static void publish(void *context, const char *pub_endpoint, const char *sub_endpoint, size_t bytes, long messages) {
  void *pub = zmq_socket(context, ZMQ_PUB), *sub = zmq_socket(context, ZMQ_SUB);
  int unlimited = 0, patience_ms = 1;
  zmq_setsockopt(pub, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
  zmq_setsockopt(sub, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
  zmq_setsockopt(sub, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
  require(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "", 0) == 0, "subscribe");
  require(zmq_bind(pub, pub_endpoint) == 0, "bind");
  require(zmq_connect(sub, sub_endpoint) == 0, "connect");
  char octet;
  do
    require(zmq_send(pub, "s", 1, 0) == 1, "send");
  while (zmq_recv(sub, &octet, 1, 0) < 0);
  patience_ms = 10000;
  zmq_setsockopt(sub, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
  load all = {pub, bytes, messages};
  pthread_t sender;
  require(pthread_create(&sender, NULL, send_load, &all) == 0, "start a thread");
  char *payload = malloc(bytes);
  int64_t first = 0;
  for (long i = 0; i < messages;) {
    int size = zmq_recv(sub, payload, bytes, 0);
    require(size >= 0, "receive all that was published");
    if (size == 1) continue;
    if (i++ == 0) first = now_ns();
  }
  printf("%lld\n", (long long)(now_ns() - first));
  pthread_join(sender, NULL);
  zmq_close(pub);
  zmq_close(sub);
  zmq_ctx_term(context);
}

int main(int count, char **arguments) {
  void *context = zmq_ctx_new();
  const char *mode = count > 1 ? arguments[1] : "";
  if (strcmp(mode, "pull") == 0 && count == 3) pull(context, atol(arguments[2]));
  else if (strcmp(mode, "rep") == 0 && count == 2) rep(context);
  else if (strcmp(mode, "push") == 0 && (count == 5 || count == 6))
    push(context, arguments[2], (size_t)atol(arguments[3]), atol(arguments[4]), count == 6 ? atol(arguments[5]) : 1);
  else if (strcmp(mode, "feed") == 0 && count == 4) feed(context, arguments[2], atol(arguments[3]));
  else if (strcmp(mode, "pace") == 0 && count == 4) pace(context, arguments[2], atol(arguments[3]));
  else if (strcmp(mode, "req") == 0 && count == 5)
    req(context, arguments[2], (size_t)atol(arguments[3]), atol(arguments[4]));
  else if (strcmp(mode, "publish") == 0 && count == 6)
    publish(context, arguments[2], arguments[3], (size_t)atol(arguments[4]), atol(arguments[5]));
  else {
    fprintf(stderr, "usage: see the head of peers.c\n");
    return 2;
  }
  return 0;
}
