// Both ends of the soak's 200 links, in one process so that it knows what was sent and what arrived: see soak.ts.
//   soakPeers <seconds> <messages a second> <5 pairs of endpoints>
// A pair is where a server listens and where its clients connect: of PULL, PUB, ROUTER, PUSH and REP, in this order.
// Every message has its link's number, its own number and a checksum, and each link has sent exactly what is due at the
// end, so that two runs of the same schedule can be compared. Prints
//   ready                           when the servers listen; then it waits for SIGUSR1
//   second=… name=value …           each second
//   fault …                         for what must not be (the first ones), whoever is to blame
//   account group=… name=value …    at the end, for each pattern
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common.h"

enum { PULL_GROUP, PUB_GROUP, ECHO_GROUP, PUSH_GROUP, PROBE_GROUP, GROUPS };
enum { PUSHERS = 79, SUBSCRIBERS = 60, ASKERS = 40, PULLERS = 20, LINKS = PUSHERS + SUBSCRIBERS + ASKERS + PULLERS + 1 };
// Clients from this number on come and go, a few of them each second.
enum { STEADY_PUSHERS = 40, STEADY_SUBSCRIBERS = 40, STEADY_ASKERS = 20 };
enum { PUSHERS_CHURNED = 4, SUBSCRIBERS_CHURNED = 2, ASKERS_CHURNED = 2 };
// The first pullers read for 10 of 40 seconds only, with small buffers.
enum { SLOW_PULLERS = 5, SLOW_CYCLE_S = 40, SLOW_READS_S = 10, SLOW_HWM = 10, SLOW_BUFFER = 8192 };
enum { ECHO_RESTART_S = 20, PUB_RESTART_S = 30, QUIET_END_S = 5, PATIENCE_S = 180 };
enum { HEAD = 24, TEXT_MIN = 60, TEXT_SPREAD = 201, MAX_BYTES = HEAD + TEXT_MIN + TEXT_SPREAD, BURST = 100 };
enum { MAX_FAULTS = 20, MAX_PROBES = 4096, MAX_STARTS = 4096 };
static const int64_t SECOND_NS = 1000000000, TICK_NS = 2000000, RESEND_NS = 1000000000, DOWN_NS = 300000000;
static const int64_t PROBE_EVERY_NS = 20000000;

// Equal tallies of two sets of numbers mean equal sets, for all that chance can do.
typedef struct {
  uint64_t count, sum, squares;
} tally;

typedef struct {
  void *socket;
  uint64_t first, last, received, missed;
} subscriber;

typedef struct {
  void *socket;
  int is_req;
  uint64_t asked, answered;
  int64_t sent_ns;  // 0: it is to be sent.
} asker;

static void *context;
static const char *listens[GROUPS], *connects[GROUPS];
static void *servers[GROUPS];
static int64_t down_until_ns[GROUPS];
static void *pushers[PUSHERS], *pullers[PULLERS];
static tally pushed[PUSHERS], pulled[PUSHERS], dealt, taken;
static uint64_t next_pulled[PUSHERS];
static subscriber subscribers[SUBSCRIBERS];
static asker askers[ASKERS];
static uint64_t published;
// What was published first after each restart.
static uint64_t starts[MAX_STARTS];
static int start_count;
static uint64_t again, late, held, connected, restarts, garbage, faults;
static uint32_t chance = 20250101;
static char text[MAX_BYTES + 26];
static int strangers[GROUPS] = {-1, -1, -1, -1, -1};

static pthread_mutex_t probing = PTHREAD_MUTEX_INITIALIZER;
static int64_t probes[MAX_PROBES];
static int probe_count;
static uint64_t probed;
static atomic_int is_over;

static void fault(const char *format, ...) {
  char what[256];
  if (faults++ >= MAX_FAULTS) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  printf("fault %s\n", what);
  fflush(stdout);
}

static void add(tally *to, uint64_t number) {
  to->count++;
  to->sum += number;
  to->squares += number * number;
}

static int are_equal(const tally *a, const tally *b) {
  return a->count == b->count && a->sum == b->sum && a->squares == b->squares;
}

static uint32_t below(uint32_t limit) {
  chance = chance * 1664525 + 1013904223;
  return (chance >> 8) % limit;
}

static uint32_t checksum(unsigned link, uint64_t number, const char *octets, size_t count) {
  uint32_t sum = 2166136261u ^ link ^ (uint32_t)number * 31;
  for (size_t i = 0; i < count; i++) sum = (sum ^ (unsigned char)octets[i]) * 16777619u;
  return sum;
}

static size_t write_message(char *message, unsigned link, uint64_t number) {
  size_t count = TEXT_MIN + number * 397 % TEXT_SPREAD;
  const char *from = text + number % 26;
  snprintf(message, HEAD + 1, "%03u %010llu %08x ", link, (unsigned long long)number, checksum(link, number, from, count));
  memcpy(message + HEAD, from, count);
  return HEAD + count;
}

// What was received is a fault unless it is whole.
static int read_message(const char *message, int size, unsigned *link, uint64_t *number) {
  char head[HEAD + 1];
  if (size >= HEAD && size <= MAX_BYTES) {
    memcpy(head, message, HEAD);
    head[HEAD] = 0;
    *link = (unsigned)strtoul(head, NULL, 10);
    *number = strtoull(head + 4, NULL, 10);
    size_t count = TEXT_MIN + *number * 397 % TEXT_SPREAD;
    uint32_t sum = (uint32_t)strtoul(head + 15, NULL, 16);
    if ((size_t)size == HEAD + count && sum == checksum(*link, *number, message + HEAD, count)) return 1;
  }
  fault("a message of %d octets is not as it was sent", size);
  return 0;
}

// 1: gone, 0: there is no room for it now.
static int send_now(void *socket, unsigned link, uint64_t number) {
  char message[MAX_BYTES + 1];
  size_t size = write_message(message, link, number);
  if (zmq_send(socket, message, size, ZMQ_DONTWAIT) >= 0) return 1;
  require(zmq_errno() == EAGAIN, "send");
  held++;
  return 0;
}

// Its size, or -1 when there is none.
static int receive_now(void *socket, char *message) {
  int size = zmq_recv(socket, message, MAX_BYTES + 1, ZMQ_DONTWAIT);
  // EFSM: a REQ that waits for no answer.
  require(size >= 0 || zmq_errno() == EAGAIN || zmq_errno() == EFSM, "receive");
  return size;
}

static void *open_socket(int type) {
  void *socket = zmq_socket(context, type);
  require(socket != NULL, "make a socket");
  return socket;
}

static void set(void *socket, int option, int value) {
  require(zmq_setsockopt(socket, option, &value, sizeof value) == 0, "set an option");
}

static void connect_to(void *socket, int group) {
  require(zmq_connect(socket, connects[group]) == 0, "connect");
  connected++;
}

// Whoever goes has sent all that it was given.
static void connect_pusher(int i) {
  if (pushers[i] != NULL) zmq_close(pushers[i]);
  pushers[i] = open_socket(ZMQ_PUSH);
  connect_to(pushers[i], PULL_GROUP);
}

static void connect_subscriber(int i) {
  subscriber *one = &subscribers[i];
  if (one->socket != NULL) {
    set(one->socket, ZMQ_LINGER, 0);
    zmq_close(one->socket);
  }
  one->socket = open_socket(ZMQ_SUB);
  one->first = one->last = one->received = one->missed = 0;
  set(one->socket, ZMQ_RCVHWM, 0);
  require(zmq_setsockopt(one->socket, ZMQ_SUBSCRIBE, "", 0) == 0, "subscribe");
  connect_to(one->socket, PUB_GROUP);
}

static void connect_asker(int i) {
  asker *one = &askers[i];
  if (one->socket != NULL) {
    set(one->socket, ZMQ_LINGER, 0);
    zmq_close(one->socket);
    if (one->sent_ns != 0) again++;
  }
  one->is_req = i % 2;
  one->socket = open_socket(one->is_req ? ZMQ_REQ : ZMQ_DEALER);
  if (one->is_req) {
    set(one->socket, ZMQ_REQ_RELAXED, 1);
    set(one->socket, ZMQ_REQ_CORRELATE, 1);
  }
  one->sent_ns = 0;
  connect_to(one->socket, ECHO_GROUP);
}

static void connect_puller(int i) {
  pullers[i] = open_socket(ZMQ_PULL);
  if (i < SLOW_PULLERS) {
    set(pullers[i], ZMQ_RCVHWM, SLOW_HWM);
    set(pullers[i], ZMQ_RCVBUF, SLOW_BUFFER);
  }
  connect_to(pullers[i], PUSH_GROUP);
}

static void *make_server(int group) {
  static const int types[] = {ZMQ_PULL, ZMQ_PUB, ZMQ_ROUTER, ZMQ_PUSH, ZMQ_REP};
  void *socket = open_socket(types[group]);
  if (group == PUB_GROUP) set(socket, ZMQ_SNDHWM, 0);
  if (group == PUSH_GROUP) set(socket, ZMQ_SNDHWM, 100);
  return socket;
}

// Tried again with each tick: what it listened on before may not be free yet.
static void listen_again(int group, int64_t now) {
  if (servers[group] != NULL || now < down_until_ns[group]) return;
  void *socket = make_server(group);
  if (zmq_bind(socket, listens[group]) == 0) {
    servers[group] = socket;
    return;
  }
  require(zmq_errno() == EADDRINUSE, "bind");
  if (now > down_until_ns[group] + 10 * SECOND_NS) fault("nothing could listen on %s again", listens[group]);
  zmq_close(socket);
}

static void restart(int group, int64_t now) {
  if (servers[group] == NULL) return;
  set(servers[group], ZMQ_LINGER, 0);
  zmq_close(servers[group]);
  servers[group] = NULL;
  down_until_ns[group] = now + DOWN_NS;
  restarts++;
  if (group == PUB_GROUP && start_count < MAX_STARTS) starts[start_count++] = published + 1;
}

static int has_restarted_between(uint64_t last, uint64_t number) {
  for (int i = start_count - 1; i >= 0; i--)
    if (last < starts[i] && starts[i] <= number) return 1;
  return 0;
}

static void push_and_pull(uint64_t due) {
  char message[MAX_BYTES + 1];
  int size;
  unsigned link;
  uint64_t number;
  for (int i = 0; i < PUSHERS; i++)
    for (int burst = 0; pushed[i].count < due && burst < BURST; burst++) {
      if (!send_now(pushers[i], (unsigned)i, pushed[i].count + 1)) break;
      add(&pushed[i], pushed[i].count + 1);
    }
  while ((size = receive_now(servers[PULL_GROUP], message)) >= 0) {
    if (!read_message(message, size, &link, &number)) continue;
    if (link >= PUSHERS) {
      fault("a PULL got a message of link %u", link);
      continue;
    }
    // What a client sent before it came back may arrive behind what it sent since.
    if (link < STEADY_PUSHERS && number != next_pulled[link] + 1)
      fault("PUSH %u: number %llu follows %llu", link, (unsigned long long)number, (unsigned long long)next_pulled[link]);
    next_pulled[link] = number;
    add(&pulled[link], number);
  }
}

static void publish_and_subscribe(uint64_t due) {
  char message[MAX_BYTES + 1];
  int size;
  unsigned link;
  uint64_t number;
  if (servers[PUB_GROUP] != NULL)
    for (int burst = 0; published < due && burst < BURST; burst++)
      if (send_now(servers[PUB_GROUP], 0, published + 1)) published++;
  for (int i = 0; i < SUBSCRIBERS; i++) {
    subscriber *one = &subscribers[i];
    while ((size = receive_now(one->socket, message)) >= 0) {
      if (!read_message(message, size, &link, &number)) continue;
      if (one->received++ == 0) one->first = number;
      else if (number != one->last + 1) {
        // Only what was published around a restart may be missing.
        if (has_restarted_between(one->last, number))
          one->missed += number - one->last - 1;
        else
          fault("SUB %d: number %llu follows %llu", i, (unsigned long long)number, (unsigned long long)one->last);
      }
      one->last = number;
    }
  }
}

static void echo(void) {
  zmq_msg_t frame;
  int more;
  if (servers[ECHO_GROUP] == NULL) return;
  zmq_msg_init(&frame);
  for (int i = 0; i < 10 * BURST; i++) {
    if (zmq_msg_recv(&frame, servers[ECHO_GROUP], ZMQ_DONTWAIT) < 0) break;
    do {
      more = zmq_msg_more(&frame);
      // Whoever is gone gets no answer, and asks again.
      if (zmq_msg_send(&frame, servers[ECHO_GROUP], ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0) zmq_msg_close(&frame);
      zmq_msg_init(&frame);
      if (more) require(zmq_msg_recv(&frame, servers[ECHO_GROUP], 0) >= 0, "receive the rest");
    } while (more);
  }
  zmq_msg_close(&frame);
}

static void ask(uint64_t due, int64_t now) {
  char message[MAX_BYTES + 1];
  int size;
  unsigned link;
  uint64_t number;
  for (int i = 0; i < ASKERS; i++) {
    asker *one = &askers[i];
    while ((size = receive_now(one->socket, message)) >= 0) {
      if (!read_message(message, size, &link, &number)) continue;
      if (link != (unsigned)i || number > one->asked)
        fault("%d got the answer %llu of %u", i, (unsigned long long)number, link);
      else if (number <= one->answered) late++;
      else one->answered = number;
    }
    if (one->asked == one->answered) {
      if (one->asked >= due) continue;
      one->asked++;
      one->sent_ns = 0;
    }
    if (one->sent_ns != 0 && now - one->sent_ns < RESEND_NS) continue;
    if (one->sent_ns != 0) again++;
    if (send_now(one->socket, (unsigned)i, one->asked)) one->sent_ns = now;
  }
}

static void deal_and_take(uint64_t due, long second, int is_ending) {
  char message[MAX_BYTES + 1];
  int size;
  unsigned link;
  uint64_t number;
  for (int burst = 0; dealt.count < due && burst < BURST; burst++) {
    if (!send_now(servers[PUSH_GROUP], 0, dealt.count + 1)) break;
    add(&dealt, dealt.count + 1);
  }
  for (int i = 0; i < PULLERS; i++) {
    int is_reading = i >= SLOW_PULLERS || is_ending || (second + i) % SLOW_CYCLE_S < SLOW_READS_S;
    while (is_reading && (size = receive_now(pullers[i], message)) >= 0)
      if (read_message(message, size, &link, &number)) add(&taken, number);
  }
}

// What comes to a port that is open: somebody else's protocol, half a greeting, a frame without an end, silence.
static void open_stranger(int group, long kind) {
  char octets[256];
  size_t count = 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((uint16_t)atoi(strrchr(connects[group], ':') + 1));
  int stranger = socket(AF_INET, SOCK_STREAM, 0);
  require(stranger >= 0 && fcntl(stranger, F_SETFL, O_NONBLOCK) == 0, "open a socket");
  if (connect(stranger, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
    close(stranger);
    return;
  }
  memset(octets, 0, sizeof octets);
  // The first octet stays 0: with another one it may be a message of ZMTP 1.0, which servers take.
  if (kind == 0)
    for (count = 1; count < 200; count++) octets[count] = (char)below(256);
  if (kind == 1 || kind == 3) {
    octets[0] = (char)0xff, octets[9] = 0x7f, octets[10] = 3;
    memcpy(octets + 12, "NULL", 4);
    count = kind == 1 ? 11 : 64;
  }
  if (kind == 2) count = (size_t)snprintf(octets, sizeof octets, "GET / HTTP/1.1\r\nHost: example\r\n\r\n");
  if (kind == 3) {
    octets[count++] = 2;
    memset(octets + count, 0x7f, 8);
    count += 8;
  }
  if (count > 0) (void)!send(stranger, octets, count, MSG_NOSIGNAL);
  strangers[group] = stranger;
  garbage++;
}

static void close_stranger(int group, int is_hard) {
  if (strangers[group] < 0) return;
  struct linger reset = {1, 0};
  if (is_hard) setsockopt(strangers[group], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(strangers[group]);
  strangers[group] = -1;
}

static void disturb(long second, int64_t now) {
  for (int i = 0; i < PUSHERS_CHURNED; i++) connect_pusher(STEADY_PUSHERS + (int)below(PUSHERS - STEADY_PUSHERS));
  for (int i = 0; i < SUBSCRIBERS_CHURNED; i++)
    connect_subscriber(STEADY_SUBSCRIBERS + (int)below(SUBSCRIBERS - STEADY_SUBSCRIBERS));
  for (int i = 0; i < ASKERS_CHURNED; i++) connect_asker(STEADY_ASKERS + (int)below(ASKERS - STEADY_ASKERS));
  if (second % ECHO_RESTART_S == ECHO_RESTART_S / 2) restart(ECHO_GROUP, now);
  if (second % PUB_RESTART_S == PUB_RESTART_S - 5) restart(PUB_GROUP, now);
  // A PUSH gives messages to whoever connects, without waiting for their handshake, so that these would be lost.
  for (int group = 0; group < GROUPS; group++)
    if (group != PUSH_GROUP) open_stranger(group, (second + group) % 5);
}

static void *answer_probes(void *unused) {
  char message[MAX_BYTES + 1];
  set(servers[PROBE_GROUP], ZMQ_RCVTIMEO, 200);
  while (!is_over) {
    int size = zmq_recv(servers[PROBE_GROUP], message, sizeof message, 0);
    if (size >= 0) zmq_send(servers[PROBE_GROUP], message, (size_t)size, 0);
  }
  return unused;
}

// The one link that is timed has its own threads, so that nothing but what is in between delays it.
static void *probe(void *unused) {
  char message[MAX_BYTES + 1];
  unsigned link;
  uint64_t number = 0, back;
  void *socket = open_socket(ZMQ_REQ);
  set(socket, ZMQ_RCVTIMEO, 5000);
  set(socket, ZMQ_LINGER, 0);
  connect_to(socket, PROBE_GROUP);
  while (!is_over) {
    size_t size = write_message(message, LINKS - 1, ++number);
    int64_t start = now_ns();
    require(zmq_send(socket, message, size, 0) >= 0, "send a probe");
    int answer = zmq_recv(socket, message, sizeof message, 0);
    int64_t taken_ns = now_ns() - start;
    if (answer < 0) {
      fault("no answer to a probe in 5 s");
      break;
    }
    if (!read_message(message, answer, &link, &back) || back != number) fault("a probe came back as another one");
    pthread_mutex_lock(&probing);
    probed = number;
    if (probe_count < MAX_PROBES) probes[probe_count++] = taken_ns;
    pthread_mutex_unlock(&probing);
    nanosleep(&(struct timespec){0, PROBE_EVERY_NS}, NULL);
  }
  zmq_close(socket);
  return unused;
}

static int by_size(const void *a, const void *b) {
  int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

static uint64_t passed(void) {
  uint64_t count = taken.count + 2 * probed;
  for (int i = 0; i < PUSHERS; i++) count += pulled[i].count;
  for (int i = 0; i < ASKERS; i++) count += 2 * askers[i].answered;
  return count;
}

static void report(long second, uint64_t heard) {
  int64_t p50 = 0, p99 = 0;
  pthread_mutex_lock(&probing);
  if (probe_count > 0) {
    qsort(probes, (size_t)probe_count, sizeof probes[0], by_size);
    p50 = probes[probe_count / 2];
    p99 = probes[(probe_count - 1) * 99 / 100];
  }
  probe_count = 0;
  pthread_mutex_unlock(&probing);
  printf("second=%ld passed=%llu again=%llu late=%llu held=%llu connected=%llu restarts=%llu garbage=%llu faults=%llu p50us=%.1f p99us=%.1f\n",
         second, (unsigned long long)(passed() + heard), (unsigned long long)again, (unsigned long long)late,
         (unsigned long long)held, (unsigned long long)connected, (unsigned long long)restarts,
         (unsigned long long)garbage, (unsigned long long)faults, (double)p50 / 1e3, (double)p99 / 1e3);
  fflush(stdout);
}

// Of all subscribers, those that are gone too.
static uint64_t heard_by_all(void) {
  static uint64_t before[SUBSCRIBERS], gone;
  uint64_t count = 0;
  for (int i = 0; i < SUBSCRIBERS; i++) {
    if (subscribers[i].received < before[i]) gone += before[i];
    before[i] = subscribers[i].received;
    count += before[i];
  }
  return count + gone;
}

static int is_settled(uint64_t due, uint64_t asks_due, uint64_t deals_due) {
  for (int i = 0; i < PUSHERS; i++)
    if (pushed[i].count < due || !are_equal(&pushed[i], &pulled[i])) return 0;
  for (int i = 0; i < SUBSCRIBERS; i++)
    if (subscribers[i].last != due) return 0;
  for (int i = 0; i < ASKERS; i++)
    if (askers[i].answered != asks_due) return 0;
  return dealt.count == deals_due && are_equal(&dealt, &taken);
}

static void account(void) {
  uint64_t sent = 0, received = 0, missed = 0, unequal = 0;
  for (int i = 0; i < PUSHERS; i++) {
    sent += pushed[i].count;
    received += pulled[i].count;
    if (!are_equal(&pushed[i], &pulled[i])) unequal++;
  }
  printf("account group=push sent=%llu received=%llu unequal=%llu\n", (unsigned long long)sent,
         (unsigned long long)received, (unsigned long long)unequal);
  sent = received = unequal = 0;
  for (int i = 0; i < SUBSCRIBERS; i++) {
    const subscriber *one = &subscribers[i];
    if (one->last != published || one->received + one->missed != one->last - one->first + 1) unequal++;
    if (i >= STEADY_SUBSCRIBERS) continue;
    sent += published - one->first + 1;
    received += one->received;
    missed += one->missed;
  }
  printf("account group=pub sent=%llu received=%llu missed=%llu unequal=%llu\n", (unsigned long long)sent,
         (unsigned long long)received, (unsigned long long)missed, (unsigned long long)unequal);
  sent = received = unequal = 0;
  for (int i = 0; i < ASKERS; i++) {
    sent += askers[i].asked;
    received += askers[i].answered;
    if (askers[i].asked != askers[i].answered) unequal++;
  }
  printf("account group=echo sent=%llu received=%llu again=%llu unequal=%llu\n", (unsigned long long)sent,
         (unsigned long long)received, (unsigned long long)again, (unsigned long long)unequal);
  printf("account group=slow sent=%llu received=%llu unequal=%d\n", (unsigned long long)dealt.count,
         (unsigned long long)taken.count, !are_equal(&dealt, &taken));
  printf("end faults=%llu\n", (unsigned long long)faults);
  fflush(stdout);
}

int main(int count, char **arguments) {
  if (count != 3 + 2 * GROUPS) {
    fprintf(stderr, "usage: see the head of soakPeers.c\n");
    return 2;
  }
  sigset_t begin;
  int signal;
  sigemptyset(&begin);
  sigaddset(&begin, SIGUSR1);
  // Before there are threads, which take this over.
  sigprocmask(SIG_BLOCK, &begin, NULL);
  long seconds = atol(arguments[1]);
  double rate = atof(arguments[2]) / LINKS;
  context = zmq_ctx_new();
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 4096);
  for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + (i * 7 + i / 26) % 26);
  for (int group = 0; group < GROUPS; group++) {
    listens[group] = arguments[3 + 2 * group];
    connects[group] = arguments[4 + 2 * group];
    servers[group] = make_server(group);
    require(zmq_bind(servers[group], listens[group]) == 0, "bind");
  }
  printf("ready\n");
  fflush(stdout);
  sigwait(&begin, &signal);
  for (int i = 0; i < PUSHERS; i++) connect_pusher(i);
  for (int i = 0; i < SUBSCRIBERS; i++) connect_subscriber(i);
  for (int i = 0; i < ASKERS; i++) connect_asker(i);
  for (int i = 0; i < PULLERS; i++) connect_puller(i);
  pthread_t answering, asking;
  require(pthread_create(&answering, NULL, answer_probes, NULL) == 0, "start a thread");
  require(pthread_create(&asking, NULL, probe, NULL) == 0, "start a thread");
  int64_t start = now_ns();
  for (long second = 0;;) {
    int64_t now = now_ns();
    double elapsed = (double)(now - start) / 1e9;
    int is_ending = elapsed >= (double)seconds;
    double until = is_ending ? (double)seconds : elapsed;
    // A question and its answer are two messages, and one PUSH feeds all pullers.
    uint64_t due = (uint64_t)(until * rate), asks_due = (uint64_t)(until * rate / 2);
    uint64_t deals_due = (uint64_t)(until * rate * PULLERS);
    for (int group = 0; group < GROUPS; group++) listen_again(group, now);
    push_and_pull(due);
    publish_and_subscribe(due);
    echo();
    ask(asks_due, now);
    deal_and_take(deals_due, second, is_ending);
    if (elapsed >= (double)(second + 1)) {
      second++;
      report(second, heard_by_all());
      for (int group = 0; group < GROUPS; group++) close_stranger(group, (int)(second % 2));
      if (second < seconds - QUIET_END_S) disturb(second, now);
    }
    if (is_ending && is_settled(due, asks_due, deals_due)) break;
    if (elapsed > (double)(seconds + PATIENCE_S)) break;
    nanosleep(&(struct timespec){0, TICK_NS}, NULL);
  }
  is_over = 1;
  pthread_join(asking, NULL);
  pthread_join(answering, NULL);
  account();
  return 0;
}
