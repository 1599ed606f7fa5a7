// Which hosts a plugin may ask.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stoa/fault.hpp"
#include "stoa/http_client.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"

namespace stoa::runtime {

/// An entry is a host (`api.example.org`, with `:8443` of that port alone), all hosts below one (`*.example.org`), or
/// all
/// (`*`). What the plugin's manifest lists are public addresses; what the operator named (in the settings, or by a
/// setting that holds an address) and the server's own address may be private ones as well.
struct outbound_rules {
  std::vector<std::string> listed;
  std::vector<std::string> trusted;
  std::function<std::string()> own = {};  ///< the server's own address, asked when it matters
};

/// `host` or `host:port` of an address, in lower case, with its port where it is not the scheme's own; empty where it
/// is no http(s) address.
std::string host_of(const std::string& url);

enum class outbound_answer { refused, public_only, anywhere };
outbound_answer may_ask(const outbound_rules& rules, const std::string& url);

/// A client that asks by way of `inner` what the rules allow; the rest is `rejected` with the code OUTBOUND_REFUSED and
/// a line in the log.
class ruled_http_client final : public http_client {
 public:
  ruled_http_client(http_client& inner, outbound_rules rules, std::shared_ptr<logger> log, counter& refused)
      : inner_(inner), rules_(std::move(rules)), log_(std::move(log)), refused_(refused) {}
  task<http_response> send(http_request r) override;

 private:
  http_client& inner_;
  const outbound_rules rules_;
  const std::shared_ptr<logger> log_;
  counter& refused_;
};

}  // namespace stoa::runtime
