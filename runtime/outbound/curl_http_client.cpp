#include "runtime/outbound/curl_http_client.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/executor/executor.hpp"
#include "runtime/outbound/addresses.hpp"
#include "stoa/text.hpp"

namespace stoa::runtime {

namespace {

using completion = callback_awaiter<http_response>::completion;

fault upstream_away(std::string why) {
  fault f = fault::unavailable(std::move(why), seconds{5});
  f.code = "UPSTREAM_UNAVAILABLE";
  return f;
}

/// libcurl's process-wide state; made once, before any thread uses it, and kept.
void curl_ready() {
  static const CURLcode made = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (made != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

bool safe_header(const std::string& text) { return text.find_first_of(std::string("\r\n\0", 3)) == text.npos; }

/// A call over a socket of this machine as libcurl takes it: the host is for the header alone.
std::string url_over_socket(const std::string& url) {
  const auto path = url.find_first_of("/?#", url.find("://") + 3);
  return "http://localhost" + (path == url.npos ? "/" : url.substr(path));
}

bool sendable(const http_request& r) {
  const auto word = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  const bool local = r.url.starts_with("http+unix://");
  if (local && (!r.allow_private || !socket_of(r.url))) return false;
  return looks_like_http_url(local ? url_over_socket(r.url) : r.url) && !r.method.empty() &&
         std::all_of(r.method.begin(), r.method.end(), word) &&
         std::all_of(r.headers.begin(), r.headers.end(),
                     [](const auto& h) { return !h.first.empty() && safe_header(h.first) && safe_header(h.second); });
}

/// The address as configured for the log: without query, which may hold secrets.
std::string shown(const std::string& url) { return url.substr(0, url.find_first_of("?#")); }

/// One call in libcurl's hands. Only the client's thread touches it once it is queued.
struct transfer {
  transfer(http_request r, completion c) : asked(std::move(r)), answer_to(std::move(c)) {}
  ~transfer() {
    curl_slist_free_all(fields);
    if (easy) curl_easy_cleanup(easy);
  }
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  static std::size_t on_body(char* data, std::size_t, std::size_t n, void* self) {
    auto& t = *static_cast<transfer*>(self);
    if (t.answer.body.size() + n > t.asked.max_answer) {
      t.problem = "The answer is too large.";
      return 0;
    }
    t.answer.body.append(data, n);
    return n;
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t n, void* self) {
    auto& t = *static_cast<transfer*>(self);
    const std::string_view line(data, n);
    if (line.starts_with("HTTP/")) t.answer.headers.clear();  // an interim answer came before
    const auto colon = line.find(':');
    if (colon != line.npos)
      t.answer.headers.emplace_back(ascii_lower(trim(line.substr(0, colon))),
                                    std::string(trim(line.substr(colon + 1))));
    return n;
  }

  /// Called with the very address that is then connected to: what was resolved cannot change in between.
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* to) {
    auto& t = *static_cast<transfer*>(self);
    if (!t.asked.allow_private && !is_public(to->addr)) {
      t.problem = "The address is not public.";
      return CURL_SOCKET_BAD;
    }
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }

  void prepare() {
    easy = curl_easy_init();
    if (!easy) throw std::bad_alloc();
    const auto set = [this](CURLoption option, auto value) {
      if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::runtime_error("libcurl refuses an option");
    };
    if (const auto socket = socket_of(asked.url)) {
      set(CURLOPT_UNIX_SOCKET_PATH, socket->c_str());
      set(CURLOPT_URL, url_over_socket(asked.url).c_str());
    } else {
      set(CURLOPT_URL, asked.url.c_str());
    }
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, asked.timeout.count())));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, asked.timeout.count())));
    set(CURLOPT_USERAGENT, "stoa");
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_WRITEFUNCTION, &transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &transfer::on_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    // A kept connection to a private address must never serve a call that may not go there.
    if (asked.allow_private) set(CURLOPT_FORBID_REUSE, 1L);
    if (asked.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (asked.method != "GET" || !asked.body.empty()) {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked.body.size()));
      set(CURLOPT_POSTFIELDS, asked.body.c_str());
      set(CURLOPT_CUSTOMREQUEST, asked.method.c_str());
    }
    add_field("Expect:");
    bool typed = false;
    for (const auto& [name, value] : asked.headers) {
      typed = typed || ascii_lower(name) == "content-type";
      add_field(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!typed) add_field("Content-Type:");
    set(CURLOPT_HTTPHEADER, fields);
  }

  void add_field(const std::string& line) {
    auto* longer = curl_slist_append(fields, line.c_str());
    if (!longer) throw std::bad_alloc();
    fields = longer;
  }

  http_request asked;
  completion answer_to;
  http_response answer;
  std::string problem;
  CURL* easy = nullptr;
  curl_slist* fields = nullptr;
};

}  // namespace

struct curl_http_client::impl {
  explicit impl(outbound_options o) : options(std::move(o)) {
    curl_ready();
    multi = curl_multi_init();
    if (!multi) throw std::bad_alloc();
    if (options.meters) {
      ok = &options.meters->count("stoa_outbound_calls_total", "Calls to the outside", {{"outcome", "answered"}});
      bad = &options.meters->count("stoa_outbound_calls_total", "Calls to the outside", {{"outcome", "failed"}});
    }
    thread = std::thread([this] { loop(); });
  }
  ~impl() {
    stop();
    curl_multi_cleanup(multi);
  }

  void submit(http_request r, completion c) {
    if (!sendable(r)) return finish(c, upstream_away("The address cannot be called."));
    {
      const std::lock_guard lock{mutex};
      if (!stopping && held < options.bound) {
        ++held;
        queued.push_back(std::make_unique<transfer>(std::move(r), std::move(c)));
        curl_multi_wakeup(multi);
        return;
      }
    }
    finish(c, upstream_away("Too many calls are under way."));
  }

  void finish(completion& c, result<http_response> r) {
    if (auto* which = r ? ok : bad) which->add();
    c(std::move(r));
  }

  void loop() {
    for (;;) {
      std::list<std::unique_ptr<transfer>> fresh;
      {
        const std::lock_guard lock{mutex};
        if (stopping) break;
        fresh.swap(queued);
      }
      for (auto& t : fresh) begin(std::move(t));
      int alive = 0;
      curl_multi_perform(multi, &alive);
      int left = 0;
      while (CURLMsg* m = curl_multi_info_read(multi, &left))
        if (m->msg == CURLMSG_DONE) end(m->easy_handle, m->data.result);
      curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    for (auto& t : running) {
      curl_multi_remove_handle(multi, t->easy);
      finish(t->answer_to, upstream_away("The server is stopping."));
    }
    running.clear();
    std::list<std::unique_ptr<transfer>> rest;
    {
      const std::lock_guard lock{mutex};
      rest.swap(queued);
    }
    for (auto& t : rest) finish(t->answer_to, upstream_away("The server is stopping."));
  }

  void begin(std::unique_ptr<transfer> t) {
    try {
      t->prepare();
      if (curl_multi_add_handle(multi, t->easy) != CURLM_OK) throw std::runtime_error("libcurl refuses a call");
      running.push_back(std::move(t));
    } catch (const std::exception& e) {
      release();
      if (options.log) options.log->error("outbound call not begun", {{"error", e.what()}});
      finish(t->answer_to, upstream_away("The address cannot be called."));
    }
  }

  void end(CURL* easy, CURLcode how) {
    const auto at = std::find_if(running.begin(), running.end(), [&](auto& t) { return t->easy == easy; });
    if (at == running.end()) return;
    auto t = std::move(*at);
    running.erase(at);
    curl_multi_remove_handle(multi, easy);
    release();
    if (how == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      t->answer.status = static_cast<int>(status);
      return finish(t->answer_to, std::move(t->answer));
    }
    if (options.log)
      options.log->warn(
          "outbound call failed",
          {{"url", shown(t->asked.url)}, {"reason", t->problem.empty() ? curl_easy_strerror(how) : t->problem}});
    finish(t->answer_to, upstream_away("The service behind this could not be reached."));
  }

  void release() {
    const std::lock_guard lock{mutex};
    --held;
  }

  void stop() {
    {
      const std::lock_guard lock{mutex};
      stopping = true;
      curl_multi_wakeup(multi);
    }
    if (thread.joinable()) thread.join();
  }

  const outbound_options options;
  counter* ok = nullptr;
  counter* bad = nullptr;
  CURLM* multi = nullptr;
  std::list<std::unique_ptr<transfer>> running;  // the thread's alone

  std::mutex mutex;
  std::list<std::unique_ptr<transfer>> queued;
  std::size_t held = 0;
  bool stopping = false;
  std::thread thread;
};

curl_http_client::curl_http_client(outbound_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
curl_http_client::~curl_http_client() = default;

task<http_response> curl_http_client::send(http_request r) {
  callback_awaiter<http_response> answer{
      [&](completion c) { impl_->submit(std::move(r), at_home<http_response>(impl_->options.post, std::move(c))); }};
  co_return co_await answer;
}

void curl_http_client::stop() { impl_->stop(); }

}  // namespace stoa::runtime
