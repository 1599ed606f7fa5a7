// The stored certificates and their numbers: SQL and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "certificate_rules.hpp"
#include "stoa/db.hpp"
#include "stoa/paging.hpp"

namespace stoa_plugin::certificates {

/// Numbers it and writes it, with its event, in one commit. Where the enrolment has one already, that one: numbers have
/// no gaps, whoever asks how often at once and whatever ends in between.
stoa::task<certificate> enter(stoa::database& db, certificate drawn);

/// The same inside a transaction of somebody else's, who acts as the system or as that person.
certificate enter_within(stoa::connection& db, certificate drawn);

/// Of that person alone.
stoa::task<std::optional<certificate>> find_of(stoa::database& db, stoa::user_id user, stoa::enrollment_id enrollment);
/// Whoever's it is. Faults: CERTIFICATE_NOT_FOUND.
stoa::task<certificate> find_any(stoa::database& db, stoa::certificate_id id);
/// `code` as it is stored. Faults: CERTIFICATE_NOT_FOUND.
stoa::task<certificate> find_code(stoa::database& db, std::string code);
/// The newest first, revoked ones too.
stoa::task<stoa::page_of<certificate>> list_of(stoa::database& db, stoa::user_id user, stoa::page_request asked);
/// Those that count, oldest first.
stoa::task<stoa::held_certificates_ptr> held_of(stoa::database& db, stoa::user_id user);

/// Revokes it, with its event; what was revoked before stays as it is. Faults: CERTIFICATE_NOT_FOUND.
stoa::task<certificate> revoke(stoa::database& db, stoa::certificate_id id, std::string reason, stoa::user_id by,
                               stoa::timestamp now);

}  // namespace stoa_plugin::certificates
