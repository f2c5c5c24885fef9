// libzmq's own proxy with a capture socket, which is what the tap is compared with. Nobody subscribes to the capture:
// that is the cheapest it can be, so the comparison favours zmq_proxy.
//   proxy pull-push <server endpoint>      or      proxy router-dealer <server endpoint>
// It speaks CURVE on both sides when the environment has keys: see security.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "security.h"

int main(int count, char **arguments) {
  int routes = count == 3 && strcmp(arguments[1], "router-dealer") == 0;
  if (!routes && !(count == 3 && strcmp(arguments[1], "pull-push") == 0)) {
    fprintf(stderr, "usage: proxy pull-push|router-dealer <server endpoint>\n");
    return 2;
  }
  void *context = zmq_ctx_new();
  void *frontend = zmq_socket(context, routes ? ZMQ_ROUTER : ZMQ_PULL);
  void *backend = zmq_socket(context, routes ? ZMQ_DEALER : ZMQ_PUSH);
  void *capture = zmq_socket(context, ZMQ_PUB);
  require(zmq_bind(capture, "inproc://capture") == 0, "bind the capture");
  secure_client(backend);
  require(zmq_connect(backend, arguments[2]) == 0, "connect");
  char endpoint[256];
  size_t size = sizeof endpoint;
  secure_server(frontend);
  require(zmq_bind(frontend, "tcp://127.0.0.1:*") == 0, "bind");
  require(zmq_getsockopt(frontend, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0, "last endpoint");
  printf("%s\n", endpoint);
  fflush(stdout);
  zmq_proxy(frontend, backend, capture);
  return 1;
}
