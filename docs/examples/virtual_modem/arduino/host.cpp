// The computer's side of Arduino.h, and main(): the sketch runs until it calls finished().
//
//     g++ -std=c++11 -o sketch host.cpp sketch.cpp
//     atsock sim l610 --tcp 5555 --host example.com=127.0.0.1:18000
//     ./sketch socket://127.0.0.1:5555

#include "Arduino.h"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

Console Serial;
TcpStream Serial1;

static const auto began = std::chrono::steady_clock::now();

unsigned long millis()
{
    using namespace std::chrono;
    return static_cast<unsigned long>(duration_cast<milliseconds>(steady_clock::now() - began).count());
}

void delay(unsigned long ms)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

bool TcpStream::open(const char *url)
{
    char host[64];
    unsigned port;
    sockaddr_in address{};
    int on = 1;

    address.sin_family = AF_INET;
    if (sscanf(url, "socket://%63[^:]:%u", host, &port) != 2 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return false;
    address.sin_port = htons(static_cast<uint16_t>(port));
    descriptor = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connect(descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

int TcpStream::available()
{
    int waiting = 0;
    ioctl(descriptor, FIONREAD, &waiting);
    if (!waiting) {                     // a sketch asks all the time: the computer rests meanwhile
        pollfd wait{descriptor, POLLIN, 0};
        poll(&wait, 1, 1);
    }
    return waiting;
}

int TcpStream::read()
{
    uint8_t byte;
    return available() && ::read(descriptor, &byte, 1) == 1 ? byte : -1;
}

size_t TcpStream::write(const uint8_t *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = ::write(descriptor, data + done, size - done);
        if (n <= 0)
            break;
        done += static_cast<size_t>(n);
    }
    return done;
}

size_t Console::write(const uint8_t *data, size_t size)
{
    return fwrite(data, 1, size, stdout);
}

// For sketches: the end of the program. On a board there is none.
void finished(int status)
{
    fflush(stdout);
    exit(status);
}

int main(int count, char **arguments)
{
    if (count != 2 || !Serial1.open(arguments[1])) {
        fprintf(stderr, "sketch socket://ADDRESS:PORT: no module there\n");
        return 1;
    }
    setup();
    for (;;)
        loop();
}
