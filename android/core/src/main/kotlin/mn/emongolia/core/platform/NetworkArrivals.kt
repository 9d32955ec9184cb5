// The network that comes, as Android tells of it.

package mn.emongolia.core.platform

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities

/** Tells of each network that becomes the phone's own, and once more when it is found to reach the internet. */
internal class NetworkArrivals(private val arrived: () -> Unit) : ConnectivityManager.NetworkCallback() {
    private var reaches = false

    override fun onAvailable(network: Network) {
        reaches = false
        arrived()
    }

    /** Behind a page that wants a sign-in, a network is there long before anything can be reached over it. */
    override fun onCapabilitiesChanged(network: Network, capabilities: NetworkCapabilities) {
        val now = capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED)
        if (now && !reaches) arrived()
        reaches = now
    }

    companion object {
        /** For the rest of the process, on a thread of Android's. */
        fun watch(context: Context, arrived: () -> Unit) {
            val connectivity = context.getSystemService(ConnectivityManager::class.java)
            try {
                connectivity.registerDefaultNetworkCallback(NetworkArrivals(arrived))
            } catch (_: SecurityException) {
                // Some phones with Android 11 say so to apps that do have the permission: the way to the front tells then.
            }
        }
    }
}
