#include "smtp.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "stoa/addresses.hpp"

namespace stoa_plugin::mail {

namespace {

using stoa::done;
using stoa::fault;
using stoa::result;
using steady = std::chrono::steady_clock;
using completion = stoa::callback_awaiter<done>::completion;

fault later(std::string code, std::string why) {
  auto f = fault::unavailable(std::move(why), stoa::seconds{60});
  f.code = std::move(code);
  return f;
}

/// Answers of the server that speak of us, not of the mail: it wants TLS, or another password.
bool about_the_door(long reply) { return reply == 530 || reply == 534 || reply == 535 || reply == 538; }

/// One mail in libcurl's hands.
class attempt {
 public:
  attempt(const smtp_options& options, const outgoing& mail, const std::atomic<bool>& stopping)
      : options_(options), stopping_(stopping), easy_(curl_easy_init()) {
    if (!easy_) throw std::bad_alloc();
    connect();
    write(mail);
  }
  ~attempt() {
    curl_easy_cleanup(easy_);
    curl_mime_free(body_);
    curl_slist_free_all(headers_);
    curl_slist_free_all(rcpt_);
  }
  attempt(const attempt&) = delete;
  attempt& operator=(const attempt&) = delete;

  result<done> perform() {
    const auto how = curl_easy_perform(easy_);
    long reply = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &reply);
    return outcome_of(how, reply, problem_.empty() ? curl_easy_strerror(how) : problem_);
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    if (curl_easy_setopt(easy_, option, value) != CURLE_OK) throw std::runtime_error("libcurl refuses an option");
  }
  static void append(curl_slist*& list, const std::string& line) {
    auto* longer = curl_slist_append(list, line.c_str());
    if (!longer) throw std::bad_alloc();
    list = longer;
  }

  /// Called with the very address that is then connected to: what was resolved cannot change in between.
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* to) {
    auto& a = *static_cast<attempt*>(self);
    if (!a.options_.allow_private && !stoa::is_public(to->addr)) {
      a.problem_ = "the server's address is not public, and allow_private is false";
      return CURL_SOCKET_BAD;
    }
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<attempt*>(self)->stopping_ ? 1 : 0;
  }
  static std::size_t swallow(char*, std::size_t, std::size_t n, void*) { return n; }

  void connect() {
    const bool tls = options_.security == smtp_security::tls;
    const auto host = options_.host.find(':') == std::string::npos ? options_.host : "[" + options_.host + "]";
    const auto url = (tls ? "smtps://" : "smtp://") + host + ":" + std::to_string(options_.port) + "/" + options_.hello;
    const auto most = static_cast<long>(std::max<std::int64_t>(1, options_.timeout.count()));
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, most);
    set(CURLOPT_CONNECTTIMEOUT_MS, most);
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, most / 1000));
    set(CURLOPT_USE_SSL, options_.security == smtp_security::none ? long{CURLUSESSL_NONE} : long{CURLUSESSL_ALL});
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (!options_.username.empty()) {
      set(CURLOPT_USERNAME, options_.username.c_str());
      set(CURLOPT_PASSWORD, options_.password.c_str());
    }
    set(CURLOPT_OPENSOCKETFUNCTION, &attempt::on_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &attempt::on_progress);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_WRITEFUNCTION, &attempt::swallow);
  }

  void write(const outgoing& mail) {
    for (const auto& line : mail.headers) append(headers_, line);
    append(rcpt_, "<" + mail.to + ">");
    body_ = curl_mime_init(easy_);
    auto* both = curl_mime_init(easy_);
    auto* whole = curl_mime_addpart(body_);
    // The part owns `both` from here on.
    if (!body_ || !both || !whole || curl_mime_subparts(whole, both) != CURLE_OK) throw std::bad_alloc();
    curl_mime_type(whole, "multipart/alternative");
    add_part(both, mail.text, "text/plain; charset=utf-8");
    if (!mail.html.empty()) add_part(both, mail.html, "text/html; charset=utf-8");  // the best comes last
    set(CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
    set(CURLOPT_MAIL_RCPT, rcpt_);
    set(CURLOPT_HTTPHEADER, headers_);
    set(CURLOPT_MIMEPOST, body_);
  }

  static void add_part(curl_mime* into, const std::string& text, const char* type) {
    auto* part = curl_mime_addpart(into);
    if (!part || curl_mime_data(part, text.data(), text.size()) != CURLE_OK || curl_mime_type(part, type) != CURLE_OK ||
        curl_mime_encoder(part, "quoted-printable") != CURLE_OK)
      throw std::bad_alloc();
  }

  const smtp_options& options_;
  const std::atomic<bool>& stopping_;
  CURL* const easy_;
  curl_mime* body_ = nullptr;
  curl_slist* headers_ = nullptr;
  curl_slist* rcpt_ = nullptr;
  std::string problem_;
};

}  // namespace

result<done> outcome_of(int curl_code, long reply, const std::string& detail) {
  if (curl_code == CURLE_OK) return done{};
  const auto said =
      reply > 0 ? "The mail server answered " + std::to_string(reply) + "." : "No mail server: " + detail + ".";
  switch (curl_code) {
    case CURLE_LOGIN_DENIED:
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
      return later("MAIL_DOOR_CLOSED", "The mail server does not let us in: " + detail + ".");
    default:
      break;
  }
  if (about_the_door(reply)) return later("MAIL_DOOR_CLOSED", said);
  if (reply >= 500 && reply < 600) return fault(stoa::fault_kind::rejected, "MAIL_REFUSED", said);
  if (reply >= 400 && reply < 500) return later("MAIL_PUT_OFF", said);
  return later("MAIL_SERVER_AWAY", "The mail server cannot be reached: " + detail + ".");
}

struct smtp_sender::impl {
  struct one {
    outgoing mail;
    completion told;
    steady::time_point until;  ///< when it is no longer begun
  };

  explicit impl(smtp_options o) : options(std::move(o)) {
    static const CURLcode made = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (made != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
    for (std::size_t i = 0; i < options.connections; ++i) threads.emplace_back([this] { loop(); });
  }

  void submit(outgoing m, completion told) {
    {
      const std::lock_guard lock{mutex};
      if (!stopping && waiting.size() < options.queue) {
        waiting.push_back({std::move(m), std::move(told), steady::now() + options.timeout});
        wake.notify_one();
        return;
      }
    }
    told(too_many());
  }

  static fault too_many() { return later("MAIL_QUEUE_FULL", "Too many mails are on their way."); }

  void loop() {
    std::unique_lock lock{mutex};
    for (;;) {
      wake.wait(lock, [this] { return stopping || !waiting.empty(); });
      if (stopping) return;
      auto next = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      // A job's lease holds for so long: whoever waited longer may be somebody else's by now.
      next.told(steady::now() < next.until ? try_once(next.mail) : too_many());
      lock.lock();
    }
  }

  result<done> try_once(const outgoing& mail) {
    try {
      return attempt(options, mail, stopping).perform();
    } catch (const std::exception& e) {
      return later("MAIL_NOT_BEGUN", std::string("The mail could not be handed over: ") + e.what() + ".");
    }
  }

  void stop() {
    std::deque<one> left;
    {
      const std::lock_guard lock{mutex};
      stopping = true;
      left.swap(waiting);
      wake.notify_all();
    }
    for (auto& w : left) w.told(later("MAIL_STOPPING", "The server is stopping."));
    for (auto& t : threads)
      if (t.joinable()) t.join();
  }

  const smtp_options options;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<one> waiting;
  std::atomic<bool> stopping{false};
  std::vector<std::thread> threads;
};

smtp_sender::smtp_sender(smtp_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
smtp_sender::~smtp_sender() { stop(); }

stoa::task<done> smtp_sender::send(outgoing m) {
  stoa::callback_awaiter<done> answer{[&](completion told) { impl_->submit(std::move(m), std::move(told)); }};
  co_return co_await answer;
}

void smtp_sender::stop() { impl_->stop(); }

}  // namespace stoa_plugin::mail
