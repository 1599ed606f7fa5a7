-- A page counts the unread among all of a person's rows, which it finds by any index that begins with the person: the
-- streams' does. This one was written by every notification for nothing but an order that is made anew.
drop index notification_inbox;
