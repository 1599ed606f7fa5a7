// What goes over the wire besides the words: addresses and header fields. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"
#include "stoa/time.hpp"
#include "templates.hpp"

namespace stoa_plugin::mail {

/// `Ada <ada@example.com>`, or the address alone.
struct mailbox {
  std::string name, address;
  /// What is behind the `@`.
  std::string host() const;
};

/// An address that may stand in an envelope and a header: the form of one, and none of the characters that would need
/// quotes there.
bool sendable_address(std::string_view address);
/// Reads a mailbox of the settings. `invalid` where it is none.
stoa::result<mailbox> parse_mailbox(std::string_view text);

/// A text as a header field holds it: as it is where it is short ASCII, otherwise as encoded words of RFC 2047, folded.
/// It must have no control characters.
std::string header_text(std::string_view text);
/// `"Ada" <ada@example.com>`
std::string header_mailbox(const mailbox& m);
/// `Tue, 27 Jan 2026 16:05:00 +0000`
std::string header_date(stoa::timestamp at);
/// The same for the same mail, whenever and however often it is tried: receivers know it again.
std::string message_id(std::string_view id, std::string_view host);

/// A mail as it is handed to a server.
struct outgoing {
  std::string from, to;              ///< addresses of the envelope
  std::vector<std::string> headers;  ///< `Name: value`
  std::string text, html;            ///< lines end with CR LF
};

/// `invalid` where an address is none, or where a name or the subject holds what would begin another header.
stoa::result<outgoing> compose(const mailbox& from, const mailbox& to, const letter& words, std::string_view id,
                               stoa::timestamp at);

/// Enough of an address to find it again in a log, no more: `a***@example.com`.
std::string masked(std::string_view address);

}  // namespace stoa_plugin::mail
