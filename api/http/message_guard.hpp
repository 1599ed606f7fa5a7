// Follows the messages of one connection ahead of RESTinio: where each ends, and what is wrong with it.
#pragma once

#include <http_parser.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/body_budget.hpp"
#include "api/http/message.hpp"

namespace stoa::http {

/// The head of a message that RESTinio does not get to see.
class guarded_head final : public incoming {
 public:
  /// `text` is the head as far as it came.
  guarded_head(std::string_view text, std::string peer);

  std::string_view method() const override { return method_; }
  std::string_view target() const override { return target_; }
  const std::string& body() const override { return nothing_; }
  std::optional<std::string_view> header(std::string_view name) const override;
  void each(std::string_view name, const std::function<void(std::string_view)>& told) const override;
  bool owes_host() const override { return false; }
  std::string peer() const override { return peer_; }
  void send(outgoing) override {}
  std::shared_ptr<outgoing_stream> open_stream(outgoing, std::function<void()>) override { return nullptr; }

 private:
  std::string method_, target_, peer_, nothing_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// What a message may be at most.
struct message_limits {
  std::uint64_t body = ~std::uint64_t{0};
  std::size_t head = 32 * 1024;  ///< bytes of the request line and all fields
  std::size_t target = 8 * 1024;
  std::size_t field_name = 256;
  std::size_t fields = 100;
  std::size_t chunks = 16 * 1024;  ///< of a chunked body: RESTinio keeps a note of each
};

/// What a chunk costs in memory beside its bytes.
inline constexpr std::uint64_t chunk_note = 64;

/// One for a connection. It is given the bytes as they come, from the front of a message on, and says up to where
/// RESTinio may have them: whole heads only, and never more than one message at once.
class message_guard {
 public:
  enum class verdict { pass, malformed, too_large, no_room };
  struct step {
    verdict what = verdict::pass;
    std::size_t followed = 0;     ///< so many of the bytes have been looked at
    std::size_t cleared = 0;      ///< so many may go on
    bool wants_continue = false;  ///< the client holds the body back until it is asked for it
  };

  explicit message_guard(body_budget& all) : all_(all) { share_.take_from(all); }

  /// `bytes` begin where the last call's cleared ones ended; `followed` of them were looked at before. May change them:
  /// an offer to switch protocols is made unreadable, since RESTinio would wait for somebody to take it up.
  step follow(char* bytes, std::size_t followed, std::size_t size, const message_limits& limits);

  /// Whether the next bytes begin a message.
  bool between_messages() const noexcept { return fresh_; }
  /// Whether the message's version of HTTP requires a Host; once its head is complete.
  bool owes_host() const noexcept { return owes_host_; }
  /// The head of the message that follow() found wrong; `held` are the bytes it was given then.
  std::string_view head(std::string_view held) const noexcept { return head_.empty() ? held : head_; }

 private:
  static message_guard& self(http_parser* p) { return *static_cast<message_guard*>(p->data); }
  static const http_parser_settings& callbacks();
  void begin();
  verdict head_complete(char* bytes, std::size_t size, const message_limits& limits);

  body_budget& all_;
  body_share share_;
  http_parser parser_{};
  const message_limits* limits_ = nullptr;
  std::string head_;  // of a message with a body, once it has gone on
  std::uint64_t body_ = 0;
  std::size_t target_ = 0, name_ = 0, fields_ = 0, chunks_ = 0;
  verdict wrong_ = verdict::pass;
  bool fresh_ = true, in_head_ = true, in_value_ = true, complete_ = false, wants_continue_ = false;
  bool owes_host_ = true;
};

}  // namespace stoa::http
