// What an Arduino sketch for a modem needs of Arduino, for a computer: Stream, millis(), delay(), and a Stream over TCP.
//
// The sketch is compiled as it is: Serial writes to standard output, Serial1 is the line to the virtual module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

unsigned long millis();
void delay(unsigned long ms);

class Stream {
public:
    virtual ~Stream() = default;
    virtual int available() = 0;
    virtual int read() = 0;                                     // -1: nothing there
    virtual size_t write(const uint8_t *data, size_t size) = 0;
    size_t print(const char *text) { return write(reinterpret_cast<const uint8_t *>(text), strlen(text)); }
};

class TcpStream : public Stream {
public:
    void begin(unsigned long baud) { (void)baud; }
    bool open(const char *url);                                 // socket://ADDRESS:PORT
    int available() override;
    int read() override;
    size_t write(const uint8_t *data, size_t size) override;

private:
    int descriptor = -1;
};

class Console : public Stream {
public:
    void begin(unsigned long baud) { (void)baud; }
    int available() override { return 0; }
    int read() override { return -1; }
    size_t write(const uint8_t *data, size_t size) override;
};

extern Console Serial;
extern TcpStream Serial1;

void setup();
void loop();
